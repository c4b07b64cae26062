import type { Socket } from 'node:net';
import {
  ERROR,
  FLAG,
  FRAME,
  frame,
  FRAME_BYTES_MAX,
  HEAD_BYTES,
  numbersFrame,
  PREFACE,
  SETTING,
  settingsFrame,
  WINDOW_DEFAULT,
  WINDOW_MAX,
} from './frames.js';
import { HeaderReader, type Field } from './hpack.js';
import { Http2Stream, type Headers, type Wire } from './http2-stream.js';
import { headersOf } from './request-headers.js';

/** What a caller may have under way on one connection. Those beyond it are refused, safe to be sent again. */
const STREAMS_MAX = 16_384;
/** Received and not dealt with, of one call and of a connection. */
const STREAM_WINDOW = 2 ** 20;
const CONNECTION_WINDOW = 2 ** 24;
const HEADER_LIST_BYTES_MAX = 65_536;
/** Sent and not yet taken by the caller: more than that, and nothing is read from it until it takes some. */
const UNSENT_BYTES_MAX = 2 ** 22;
/** Up to here, on average, it is quicker to copy what is sent in one turn into one piece. */
const JOINED_BYTES_MAX = 4_096;
/** Header blocks up to here are remembered. */
const REMEMBERED_BYTES_MAX = 1_024;
/** How long a caller may take to show that it has seen the first GOAWAY. */
const PING_TIMEOUT_MS = 1_000;
const NO_BYTES = Buffer.alloc(0);
const PING_BYTES = 8;
const PRIORITY_BYTES = 5;
const GOAWAY_BYTES_MIN = 8;
const CONTINUATIONS_MAX = 16;
/** Of the calls that were cut short here, so many are told from those that the caller had ended itself. */
const CUT_SHORT_MAX = 16_384;
/** How long a caller may leave a frame unfinished, or take nothing of what waits for it. */
const STALL_TIMEOUT_MS = 60_000;
const SETTINGS_TAKEN = frame(FRAME.settings, FLAG.ack, 0, NO_BYTES);

/** What the caller did against the protocol: the connection ends. */
class ConnectionError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * One connection of HTTP/2 without TLS, seen from the server (RFC 9113), on a socket: no stream objects of Node, no
 * events, and all answers of one turn in one write. `onStream` is called with each call once its headers are read.
 */
export class Http2Connection implements Wire {
  sendWindow = WINDOW_DEFAULT;
  frameBytesMax = FRAME_BYTES_MAX;
  heldBytes = 0;
  private rest: Buffer = NO_BYTES;
  private greeted = false;
  private readonly headers = new HeaderReader(HEADER_LIST_BYTES_MAX);
  /** The block read last, and what it said as the table was then. */
  private latest: { block: Buffer; headers: Headers | undefined; tableChanges: number } | undefined;
  /** A header block that is continued in the next frame. */
  private continued: { stream: number; flags: number; pieces: Buffer[]; bytes: number } | undefined;
  private readonly streams = new Map<number, Http2Stream>();
  private readonly blocked = new Set<Http2Stream>();
  /** Calls that were over here while the caller was still sending: what was on its way is no mistake of its own. */
  private readonly cutShort = new Set<number>();
  private lastStream = 0;
  private streamWindow = WINDOW_DEFAULT;
  private unconsumed = 0;
  private unreturned = 0;
  private out: Buffer[] = [];
  private outBytes = 0;
  private sentOff = false;
  /** No more calls are taken. */
  private closing = false;
  private whenPinged: (() => void) | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly onStream: (stream: Http2Stream) => void,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('drain', () => socket.resume());
    socket.on('error', () => socket.destroy()); // a caller's broken connection is no news
    socket.on('close', () => this.leave());
    socket.setTimeout(STALL_TIMEOUT_MS, () => this.endWhenStalled());
    const settings = [
      [SETTING.maxConcurrentStreams, STREAMS_MAX],
      [SETTING.initialWindowSize, STREAM_WINDOW],
      [SETTING.maxHeaderListSize, HEADER_LIST_BYTES_MAX],
    ] as const;
    this.send(settingsFrame(settings));
    this.send(numbersFrame(FRAME.windowUpdate, 0, CONNECTION_WINDOW - WINDOW_DEFAULT));
  }

  /**
   * Two GOAWAYs, as RFC 9113 (6.8) wants them: one that refuses nothing; and once the caller has answered a ping, so has
   * seen it, one that names the last call taken. A single one would refuse calls that were on their way.
   */
  sendOff(): void {
    if (this.sentOff) return;
    this.sentOff = true;
    const close = () => {
      clearTimeout(timeout);
      this.whenPinged = undefined;
      this.close(ERROR.none);
    };
    const timeout = setTimeout(close, PING_TIMEOUT_MS);
    this.whenPinged = close;
    this.send(numbersFrame(FRAME.goaway, 0, WINDOW_MAX, ERROR.none));
    this.send(frame(FRAME.ping, 0, 0, Buffer.alloc(PING_BYTES)));
  }

  /** Ends it at once, whatever is under way. */
  destroy(): void {
    this.socket.destroy();
  }

  send(bytes: Buffer): void {
    this.outBytes += bytes.length;
    if (this.out.push(bytes) === 1) queueMicrotask(() => this.write());
  }

  consumed(bytes: number): void {
    this.unconsumed -= bytes;
    this.unreturned += bytes;
    if (this.unreturned < CONNECTION_WINDOW / 2) return;
    this.send(numbersFrame(FRAME.windowUpdate, 0, this.unreturned));
    this.unreturned = 0;
  }

  block(stream: Http2Stream): void {
    this.blocked.add(stream);
  }

  forget(stream: Http2Stream): void {
    this.streams.delete(stream.id);
    this.blocked.delete(stream);
    if (stream.cutShort) this.remember(stream.id);
    this.endWhenDone();
  }

  /** One write for all that is sent in one turn. */
  private write(): void {
    const { out, outBytes, socket } = this;
    if (out.length === 0) return;
    this.out = [];
    this.outBytes = 0;
    if (!socket.writable) return;
    if (out.length === 1) socket.write(out[0] as Buffer);
    else if (outBytes <= out.length * JOINED_BYTES_MAX) socket.write(Buffer.concat(out, outBytes));
    else {
      socket.cork();
      for (const bytes of out) socket.write(bytes);
      socket.uncork();
    }
    if (socket.writableLength > UNSENT_BYTES_MAX) socket.pause();
  }

  private close(code: number): void {
    if (this.closing) return;
    this.closing = true;
    this.send(numbersFrame(FRAME.goaway, 0, this.lastStream, code));
    this.endWhenDone();
  }

  private endWhenDone(): void {
    if (!this.closing || this.streams.size > 0) return;
    this.write();
    if (this.socket.writable) this.socket.end();
  }

  /** Called when nothing was read or written for a while: that is no matter where nothing is to be done. */
  private endWhenStalled(): void {
    const unfinished = !this.greeted || this.rest.length > 0 || this.continued !== undefined;
    if (unfinished || this.blocked.size > 0 || this.socket.writableLength > 0) this.socket.destroy();
  }

  private remember(cutShort: number): void {
    this.cutShort.add(cutShort);
    if (this.cutShort.size <= CUT_SHORT_MAX) return;
    for (const first of this.cutShort) return void this.cutShort.delete(first);
  }

  private leave(): void {
    this.closing = true;
    this.whenPinged?.();
    for (const stream of this.streams.values()) stream.leave();
  }

  private read(chunk: Buffer): void {
    if (!this.socket.writable) return;
    const bytes = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk;
    try {
      const at = this.readFrames(bytes);
      this.rest = at < bytes.length ? bytes.subarray(at) : NO_BYTES;
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.send(numbersFrame(FRAME.goaway, 0, this.lastStream, error.code));
      this.write();
      this.socket.destroySoon();
    }
  }

  /** Answers with how many bytes were whole frames. */
  private readFrames(bytes: Buffer): number {
    let at = 0;
    if (!this.greeted) {
      const length = Math.min(bytes.length, PREFACE.length);
      if (PREFACE.compare(bytes, 0, length, 0, length) !== 0) throw new ConnectionError(ERROR.protocol, 'no HTTP/2');
      if (bytes.length < PREFACE.length) return 0;
      this.greeted = true;
      at = PREFACE.length;
    }
    while (at + HEAD_BYTES <= bytes.length) {
      const length = bytes.readUIntBE(at, 3);
      if (length > FRAME_BYTES_MAX) throw new ConnectionError(ERROR.frameSize, 'a frame that is too long');
      const end = at + HEAD_BYTES + length;
      if (end > bytes.length) break;
      const stream = bytes.readUInt32BE(at + 5) & WINDOW_MAX;
      this.take(bytes[at + 3] as number, bytes[at + 4] as number, stream, bytes.subarray(at + HEAD_BYTES, end));
      at = end;
    }
    return at;
  }

  private take(type: number, flags: number, id: number, body: Buffer): void {
    if (this.continued && (type !== FRAME.continuation || id !== this.continued.stream)) {
      throw new ConnectionError(ERROR.protocol, 'headers that are not continued');
    }
    if (type === FRAME.data) this.takeData(flags, id, body);
    else if (type === FRAME.headers) this.takeHeaders(flags, id, body);
    else if (type === FRAME.continuation) this.takeContinuation(flags, body);
    else if (type === FRAME.windowUpdate) this.takeWindowUpdate(id, body);
    else if (type === FRAME.reset) this.takeReset(id, body);
    else if (type === FRAME.settings) this.takeSettings(flags, id, body);
    else if (type === FRAME.ping) this.takePing(flags, id, body);
    else if (type === FRAME.priority) checkPriority(id, body);
    else if (type === FRAME.goaway) checkGoaway(id, body);
    else if (type === FRAME.pushPromise) throw new ConnectionError(ERROR.protocol, 'a promise of a caller');
    // Priorities are advice, a caller's GOAWAY is followed by its end, and unknown types are ignored.
  }

  private takeData(flags: number, id: number, body: Buffer): void {
    if (this.isIdle(id)) throw new ConnectionError(ERROR.protocol, 'data of no call');
    this.unconsumed += body.length;
    if (this.unconsumed + this.unreturned > CONNECTION_WINDOW) {
      throw new ConnectionError(ERROR.flowControl, 'more data than was allowed');
    }
    const stream = this.streams.get(id);
    if (!stream || stream.gone || stream.receivedAll) {
      this.consumed(body.length);
      return this.takeLateData(id, stream);
    }
    if (!stream.receive(unpadded(flags, body), body.length)) return this.fail(stream, ERROR.flowControl);
    if (flags & FLAG.endStream) this.endOf(stream);
  }

  /** Of a call that is over, at least for the caller. */
  private takeLateData(id: number, stream: Http2Stream | undefined): void {
    if (this.isOnItsWay(id, stream)) return;
    if (stream && !stream.gone) this.fail(stream, ERROR.streamClosed);
    else this.send(numbersFrame(FRAME.reset, id, ERROR.streamClosed));
  }

  /** Whether what comes for a call that is over was sent before the caller could know that it is. */
  private isOnItsWay(id: number, stream: Http2Stream | undefined): boolean {
    return stream?.cutShort || this.cutShort.has(id) || id > this.lastStream;
  }

  /** Whether nobody ever opened the call. Those that came after the last one had been named were ignored. */
  private isIdle(id: number): boolean {
    return id === 0 || (id > this.lastStream && !this.closing);
  }

  private endOf(stream: Http2Stream): void {
    if (!stream.receiveEnd()) this.fail(stream, ERROR.protocol);
  }

  private takeHeaders(flags: number, id: number, body: Buffer): void {
    const padless = unpadded(flags, body);
    if (flags & FLAG.priority) checkPriority(id, padless.subarray(0, PRIORITY_BYTES));
    const bare = flags & FLAG.priority ? padless.subarray(PRIORITY_BYTES) : padless;
    if (flags & FLAG.endHeaders) return this.open(flags, id, bare);
    this.continued = { stream: id, flags, pieces: [bare], bytes: bare.length };
  }

  private takeContinuation(flags: number, body: Buffer): void {
    const { continued } = this;
    if (!continued) throw new ConnectionError(ERROR.protocol, 'a continuation of nothing');
    continued.bytes += body.length;
    if (continued.pieces.push(body) > CONTINUATIONS_MAX || continued.bytes > HEADER_LIST_BYTES_MAX) {
      throw new ConnectionError(ERROR.enhanceYourCalm, 'headers without end');
    }
    if (!(flags & FLAG.endHeaders)) return;
    this.continued = undefined;
    this.open(continued.flags, continued.stream, Buffer.concat(continued.pieces));
  }

  /** A call's headers, or its trailers, of which nothing is expected. */
  private open(flags: number, id: number, block: Buffer): void {
    const headers = this.readHeaders(block); // always: the blocks that follow refer to it
    const known = this.streams.get(id);
    if (known && !known.gone) return this.takeTrailers(flags, known);
    if (id % 2 === 0) throw new ConnectionError(ERROR.protocol, 'a call with a number of ours');
    if (id <= this.lastStream) {
      if (this.isOnItsWay(id, known)) return;
      throw new ConnectionError(ERROR.streamClosed, 'headers of a call that is over');
    }
    if (this.closing) return; // sent although the last one had been named
    this.lastStream = id;
    if (!headers) return this.refuse(flags, id, ERROR.protocol);
    if (this.streams.size >= STREAMS_MAX) return this.refuse(flags, id, ERROR.refusedStream);
    const stream = new Http2Stream(id, headers, this, this.streamWindow, STREAM_WINDOW);
    this.streams.set(id, stream);
    this.onStream(stream);
    if (flags & FLAG.endStream) this.endOf(stream);
  }

  private takeTrailers(flags: number, stream: Http2Stream): void {
    if (stream.receivedAll) this.fail(stream, ERROR.streamClosed);
    else if (flags & FLAG.endStream) this.endOf(stream);
    else this.fail(stream, ERROR.protocol);
  }

  private refuse(flags: number, id: number, code: number): void {
    this.send(numbersFrame(FRAME.reset, id, code));
    if (!(flags & FLAG.endStream)) this.remember(id);
  }

  /** Most calls of a connection have the headers of the one before, byte for byte. */
  private readHeaders(block: Buffer): Headers | undefined {
    const { latest, headers: reader } = this;
    if (latest?.tableChanges === reader.tableChanges && latest.block.equals(block)) return latest.headers;
    const headers = headersOf(this.readFields(block));
    const remembered = block.length <= REMEMBERED_BYTES_MAX;
    // Bytes that change the table mean something else the next time: they are not found again.
    this.latest = remembered ? { block: Buffer.from(block), headers, tableChanges: reader.tableChanges } : undefined;
    return headers;
  }

  private readFields(block: Buffer): Field[] {
    try {
      return this.headers.read(block);
    } catch (error) {
      throw new ConnectionError(ERROR.compression, (error as Error).message);
    }
  }

  private takeReset(id: number, body: Buffer): void {
    if (this.isIdle(id)) throw new ConnectionError(ERROR.protocol, 'a reset of no call');
    expectBytes(body, 4);
    this.cutShort.delete(id);
    this.streams.get(id)?.leave();
  }

  private takePing(flags: number, id: number, body: Buffer): void {
    if (id !== 0) throw new ConnectionError(ERROR.protocol, 'a ping of a call');
    expectBytes(body, PING_BYTES);
    if (flags & FLAG.ack) this.whenPinged?.();
    else this.send(frame(FRAME.ping, FLAG.ack, 0, body));
  }

  private takeWindowUpdate(id: number, body: Buffer): void {
    expectBytes(body, 4);
    const bytes = body.readUInt32BE(0) & WINDOW_MAX;
    const stream = this.streams.get(id);
    if (id === 0) {
      this.sendWindow += bytes;
      if (bytes === 0) throw new ConnectionError(ERROR.protocol, 'room for nothing');
      if (this.sendWindow > WINDOW_MAX) throw new ConnectionError(ERROR.flowControl, 'more room than there is');
      this.flushBlocked();
    } else if (this.isIdle(id)) throw new ConnectionError(ERROR.protocol, 'room for no call');
    else if (stream && bytes === 0) this.fail(stream, ERROR.protocol);
    else if (stream && !stream.widen(bytes)) this.fail(stream, ERROR.flowControl);
  }

  private takeSettings(flags: number, id: number, body: Buffer): void {
    if (id !== 0) throw new ConnectionError(ERROR.protocol, 'settings of a call');
    if (flags & FLAG.ack) return expectBytes(body, 0);
    if (body.length % 6 !== 0) throw new ConnectionError(ERROR.frameSize, 'settings that are cut off');
    let window = this.streamWindow;
    for (let at = 0; at < body.length; at += 6) {
      const value = body.readUInt32BE(at + 2);
      const setting = body.readUInt16BE(at);
      if (setting === SETTING.enablePush && value > 1) throw new ConnectionError(ERROR.protocol, 'no switch');
      if (setting === SETTING.initialWindowSize) window = value;
      if (setting === SETTING.maxFrameSize) {
        if (value < FRAME_BYTES_MAX || value >= 2 ** 24) throw new ConnectionError(ERROR.protocol, 'no frame size');
        this.frameBytesMax = value;
      }
    }
    this.send(SETTINGS_TAKEN); // before what may now be sent
    if (window !== this.streamWindow) this.resizeWindows(window);
  }

  private resizeWindows(bytes: number): void {
    if (bytes > WINDOW_MAX) throw new ConnectionError(ERROR.flowControl, 'a window that is too large');
    const difference = bytes - this.streamWindow;
    this.streamWindow = bytes;
    for (const stream of this.streams.values()) {
      if (!stream.widen(difference)) throw new ConnectionError(ERROR.flowControl, 'more room than there is');
    }
  }

  private flushBlocked(): void {
    const blocked = [...this.blocked];
    this.blocked.clear(); // those for whom there is no room come back
    for (const stream of blocked) stream.flush();
  }

  /** What a caller does against the protocol within one call ends that call. */
  private fail(stream: Http2Stream, code: number): void {
    stream.cutShort = !stream.receivedAll;
    this.send(numbersFrame(FRAME.reset, stream.id, code));
    stream.leave();
  }
}

function unpadded(flags: number, body: Buffer): Buffer {
  if (!(flags & FLAG.padded)) return body;
  const padding = body[0];
  if (padding === undefined || padding >= body.length) throw new ConnectionError(ERROR.protocol, 'only padding');
  return body.subarray(1, body.length - padding);
}

function checkPriority(id: number, body: Buffer): void {
  expectBytes(body, PRIORITY_BYTES);
  const before = body.readUInt32BE(0) & WINDOW_MAX;
  if (id === 0 || before === id) throw new ConnectionError(ERROR.protocol, 'a priority of nothing, or before itself');
}

function checkGoaway(id: number, body: Buffer): void {
  if (id !== 0) throw new ConnectionError(ERROR.protocol, 'a farewell of a call');
  if (body.length < GOAWAY_BYTES_MIN) throw new ConnectionError(ERROR.frameSize, 'a farewell that is cut off');
}

function expectBytes(body: Buffer, bytes: number): void {
  if (body.length !== bytes) throw new ConnectionError(ERROR.frameSize, 'a frame of another length');
}
