import { ERROR, FLAG, FRAME, frame, HEAD_BYTES, headersFrames, numbersFrame, WINDOW_MAX, writeHead } from './frames.js';

export type Headers = Readonly<Record<string, string>>;

/** What a stream needs of its connection. */
export interface Wire {
  /** Bytes the caller's end still takes, over all streams. */
  sendWindow: number;
  readonly frameBytesMax: number;
  /** What is to be sent and waits for room, over all streams. */
  heldBytes: number;
  send(bytes: Buffer): void;
  /** The bytes have left the connection's own buffers: as many more may come. */
  consumed(bytes: number): void;
  /** Has something to send and no room; `flush` is called when there is. */
  block(stream: Http2Stream): void;
  /** Our side has ended: nothing of the stream is remembered. */
  forget(stream: Http2Stream): void;
}

/** More than that waits for a caller that takes nothing, and its calls are given up. */
const HELD_BYTES_MAX = 2 ** 28;
const nothing = (): void => undefined;

/**
 * One call, seen from the server. It counts as one of its connection's until our side has ended it by `answer`, `end`
 * or `reset`, even when the caller has gone meanwhile: so a caller that cancels cannot have more work done than others.
 */
export class Http2Stream {
  onData: (piece: Buffer) => void = nothing;
  /** The caller's side has ended. */
  onEnd: () => void = nothing;
  /** The caller has cancelled, or its connection is gone. */
  onGone: () => void = nothing;
  /** All that was written has been sent. */
  onRoom: () => void = nothing;
  /** Nothing sent here will reach anybody. */
  gone = false;
  /** Our side has ended. */
  ended = false;
  /** Ended here before the caller had sent all of it. */
  cutShort = false;
  private peerEnded = false;
  private readonly unsent: Buffer[] = [];
  private trailers: Buffer | undefined;
  private stuck = false;
  private unconsumed = 0;
  private unreturned = 0;
  private receivedBytes = 0;

  constructor(
    readonly id: number,
    readonly headers: Headers,
    private readonly wire: Wire,
    private sendWindow: number,
    private readonly receiveWindow: number,
  ) {}

  respond(block: Buffer, endStream = false): void {
    if (this.gone || this.ended) return this.finish();
    this.wire.send(headersFrames(this.id, block, endStream));
    if (endStream) this.finish();
  }

  /** Whether there is room for more; when not, `onRoom` is called once there is. */
  write(data: Buffer): boolean {
    if (this.gone || this.ended) return true;
    if (this.wire.heldBytes + data.length > HELD_BYTES_MAX) {
      this.reset(ERROR.enhanceYourCalm);
      return true;
    }
    this.wire.heldBytes += data.length;
    if (data.length > 0) this.unsent.push(data);
    this.flush();
    return this.unsent.length === 0;
  }

  end(trailers: Buffer): void {
    if (this.gone || this.ended) return this.finish();
    this.trailers = trailers;
    this.flush();
  }

  /** Headers, one body and trailers: in one piece where there is room for it. */
  answer(head: Buffer, body: Buffer, trailers: Buffer): void {
    if (this.gone || this.ended) return this.finish();
    const fits = body.length <= Math.min(this.sendWindow, this.wire.sendWindow, this.wire.frameBytesMax);
    if (!fits) {
      this.respond(head);
      this.write(body);
      return this.end(trailers);
    }
    this.took(body.length);
    const bytes = Buffer.allocUnsafe(3 * HEAD_BYTES + head.length + body.length + trailers.length);
    let at = writeHead(bytes, 0, head.length, FRAME.headers, FLAG.endHeaders, this.id);
    bytes.set(head, at);
    at = writeHead(bytes, at + head.length, body.length, FRAME.data, 0, this.id);
    bytes.set(body, at);
    const flags = FLAG.endHeaders | FLAG.endStream;
    at = writeHead(bytes, at + body.length, trailers.length, FRAME.headers, flags, this.id);
    bytes.set(trailers, at);
    this.wire.send(bytes);
    this.finish();
  }

  reset(code: number): void {
    if (this.ended) return;
    if (!this.gone) {
      this.cutShort = !this.peerEnded;
      this.wire.send(numbersFrame(FRAME.reset, this.id, code));
    }
    this.peerEnded = true;
    this.drop();
    this.finish();
  }

  /** So many bytes of those handed to `onData` are dealt with: the caller may send as many more. */
  consumed(bytes: number): void {
    if (this.ended) return; // returned when it ended
    this.unconsumed -= bytes;
    this.wire.consumed(bytes);
    this.unreturned += bytes;
    if (this.peerEnded || this.gone || this.unreturned < this.receiveWindow / 2) return;
    this.wire.send(numbersFrame(FRAME.windowUpdate, this.id, this.unreturned));
    this.unreturned = 0;
  }

  /** Called by the connection, as is all below. `bytes`: with the padding. False: more than was allowed. */
  receive(piece: Buffer, bytes: number): boolean {
    this.unconsumed += bytes;
    if (this.unconsumed + this.unreturned > this.receiveWindow) return false;
    if (bytes > piece.length) this.consumed(bytes - piece.length);
    this.receivedBytes += piece.length;
    if (piece.length > 0) this.onData(piece);
    return true;
  }

  /** False: it has not as many bytes as its headers say. */
  receiveEnd(): boolean {
    if (this.peerEnded || this.gone) return true;
    const announced = this.headers['content-length'];
    if (announced !== undefined && Number(announced) !== this.receivedBytes) return false;
    this.peerEnded = true;
    this.onEnd();
    return true;
  }

  get receivedAll(): boolean {
    return this.peerEnded;
  }

  leave(): void {
    if (this.gone) return;
    this.gone = true;
    this.drop();
    this.onGone();
  }

  /** False: the window grew beyond what there is. */
  widen(bytes: number): boolean {
    this.sendWindow += bytes;
    if (this.sendWindow > WINDOW_MAX) return false;
    if (this.unsent.length > 0 && this.sendWindow > 0) this.flush();
    return true;
  }

  flush(): void {
    if (this.gone || this.ended) return;
    for (let [piece] = this.unsent; piece; [piece] = this.unsent) {
      const room = Math.min(this.sendWindow, this.wire.sendWindow, this.wire.frameBytesMax);
      if (room <= 0) {
        this.stuck = true;
        return this.wire.block(this);
      }
      const bytes = Math.min(room, piece.length);
      this.took(bytes);
      this.wire.heldBytes -= bytes;
      this.wire.send(frame(FRAME.data, 0, this.id, piece.subarray(0, bytes)));
      if (bytes < piece.length) this.unsent[0] = piece.subarray(bytes);
      else this.unsent.shift();
    }
    if (this.trailers) {
      this.wire.send(headersFrames(this.id, this.trailers, true));
      this.finish();
    } else if (this.stuck) {
      this.stuck = false;
      this.onRoom();
    }
  }

  private drop(): void {
    for (const piece of this.unsent) this.wire.heldBytes -= piece.length;
    this.unsent.length = 0;
  }

  private took(bytes: number): void {
    this.sendWindow -= bytes;
    this.wire.sendWindow -= bytes;
  }

  /** An answer before the end of the question: the caller need not send the rest. */
  private finish(): void {
    if (this.ended) return;
    this.ended = true;
    if (!this.peerEnded && !this.gone) {
      this.cutShort = true;
      this.wire.send(numbersFrame(FRAME.reset, this.id, ERROR.none));
    }
    this.wire.consumed(this.unconsumed);
    this.wire.forget(this);
  }
}
