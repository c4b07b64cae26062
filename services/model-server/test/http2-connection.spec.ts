import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect as connectHttp2 } from 'node:http2';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  ERROR,
  FLAG,
  FRAME,
  frame,
  HEAD_BYTES,
  numbersFrame,
  PREFACE,
  SETTING,
  settingsFrame,
} from '../src/adapters/http2/frames.js';
import { headerBlock } from '../src/adapters/http2/hpack.js';
import { Http2Connection } from '../src/adapters/http2/http2-connection.js';
import type { Http2Stream } from '../src/adapters/http2/http2-stream.js';
import { until } from './running-server.js';

const REQUEST = { ':method': 'POST', ':scheme': 'http', ':path': '/', ':authority': 'here' };
const headersFrame = (id: number, headers: Record<string, string> = REQUEST, flags: number = FLAG.endHeaders): Buffer =>
  frame(FRAME.headers, flags, id, headerBlock(headers));
const OK = headerBlock({ ':status': 200 });
const DONE = headerBlock({ 'grpc-status': '0' });

/**
 * Answers each call with as many bytes as its header `bytes` says, once its body has ended; `never`: does not answer;
 * `cut`: ends the call when its headers have come.
 */
class Fixture {
  readonly calls: Http2Stream[] = [];
  readonly connections: { socket: Socket; http2: Http2Connection }[] = [];
  received = 0;
  private readonly server: Server;
  private readonly bytes = Buffer.alloc(2 ** 24, 7);

  constructor() {
    this.server = createServer((socket) => {
      const http2 = new Http2Connection(socket, (stream) => this.take(stream));
      this.connections.push({ socket, http2 });
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((listening) => this.server.listen(0, '127.0.0.1', listening));
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  stop(): void {
    this.server.close();
    for (const { socket } of this.connections) socket.destroy();
  }

  private take(stream: Http2Stream): void {
    this.calls.push(stream);
    stream.onData = (piece) => {
      this.received += piece.length;
      if (!stream.headers['hold']) stream.consumed(piece.length);
    };
    stream.onEnd = () => {
      if (!stream.headers['never'])
        stream.answer(OK, this.bytes.subarray(0, Number(stream.headers['bytes'] ?? 0)), DONE);
    };
    if (stream.headers['cut']) stream.reset(ERROR.none);
  }
}

/** A caller that says what it likes, byte by byte. */
class Caller {
  readonly frames: { type: number; flags: number; id: number; body: Buffer }[] = [];
  closed = false;
  readonly socket: Socket;
  private rest: Buffer = Buffer.alloc(0);

  constructor(port: number, greeting: readonly Buffer[] = [PREFACE, settingsFrame([])]) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (chunk) => this.read(chunk));
    this.socket.on('close', () => (this.closed = true));
    this.socket.on('error', () => undefined);
    this.send(...greeting);
  }

  send(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  of(type: number): { flags: number; id: number; body: Buffer }[] {
    return this.frames.filter((one) => one.type === type);
  }

  dataOf(id: number): number {
    return this.of(FRAME.data).reduce((sum, one) => sum + (one.id === id ? one.body.length : 0), 0);
  }

  hasEnded(id: number): boolean {
    return this.frames.some((one) => one.id === id && one.type === FRAME.headers && (one.flags & FLAG.endStream) > 0);
  }

  private read(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    while (this.rest.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + this.rest.readUIntBE(0, 3);
      if (this.rest.length < end) return;
      const [type, flags] = [this.rest[3] as number, this.rest[4] as number];
      this.frames.push({ type, flags, id: this.rest.readUInt32BE(5), body: this.rest.subarray(HEAD_BYTES, end) });
      this.rest = this.rest.subarray(end);
    }
  }
}

let fixture: Fixture;
beforeAll(async () => {
  fixture = await new Fixture().start();
});
afterAll(() => fixture.stop());

describe('a connection of HTTP/2', () => {
  it.each([
    { what: 'HTTP/1', greeting: [Buffer.from('GET / HTTP/1.1\r\n\r\n')], frames: [], code: ERROR.protocol },
    { what: 'a frame that is too long', frames: [Buffer.from('ffffff000000000001', 'hex')], code: ERROR.frameSize },
    { what: 'a call with an even number', frames: [headersFrame(2)], code: ERROR.protocol },
    { what: 'a call with number 0', frames: [headersFrame(0)], code: ERROR.protocol },
    { what: 'data of no call', frames: [frame(FRAME.data, 0, 5, Buffer.from('x'))], code: ERROR.protocol },
    { what: 'a reset of no call', frames: [numbersFrame(FRAME.reset, 5, 8)], code: ERROR.protocol },
    { what: 'a reset of three bytes', frames: [headersFrame(1), frame(FRAME.reset, 0, 1, Buffer.alloc(3))], code: ERROR.frameSize }, // prettier-ignore
    { what: 'room for nothing', frames: [numbersFrame(FRAME.windowUpdate, 0, 0)], code: ERROR.protocol },
    { what: 'more room than there is', frames: [numbersFrame(FRAME.windowUpdate, 0, 0x7fffffff)], code: ERROR.flowControl }, // prettier-ignore
    { what: 'a window that is too large', frames: [settingsFrame([[SETTING.initialWindowSize, 2 ** 31]])], code: ERROR.flowControl }, // prettier-ignore
    { what: 'settings that are cut off', frames: [frame(FRAME.settings, 0, 0, Buffer.alloc(5))], code: ERROR.frameSize }, // prettier-ignore
    { what: 'settings of a call', frames: [frame(FRAME.settings, 0, 1, Buffer.alloc(0))], code: ERROR.protocol },
    { what: 'a frame size that is none', frames: [settingsFrame([[SETTING.maxFrameSize, 1]])], code: ERROR.protocol },
    { what: 'a ping of seven bytes', frames: [frame(FRAME.ping, 0, 0, Buffer.alloc(7))], code: ERROR.frameSize },
    { what: 'a priority of nothing', frames: [frame(FRAME.priority, 0, 0, Buffer.alloc(5))], code: ERROR.protocol },
    { what: 'a priority of three bytes', frames: [frame(FRAME.priority, 0, 1, Buffer.alloc(3))], code: ERROR.frameSize }, // prettier-ignore
    { what: 'a call before itself', frames: [frame(FRAME.priority, 0, 1, Buffer.from([0, 0, 0, 1, 9]))], code: ERROR.protocol }, // prettier-ignore
    { what: 'headers with half a priority', frames: [frame(FRAME.headers, FLAG.priority | 4, 1, Buffer.alloc(3))], code: ERROR.frameSize }, // prettier-ignore
    { what: 'a switch that is neither on nor off', frames: [settingsFrame([[SETTING.enablePush, 2]])], code: ERROR.protocol }, // prettier-ignore
    { what: 'a farewell of a call', frames: [frame(FRAME.goaway, 0, 1, Buffer.alloc(8))], code: ERROR.protocol },
    { what: 'a farewell that is cut off', frames: [frame(FRAME.goaway, 0, 0, Buffer.alloc(7))], code: ERROR.frameSize },
    { what: 'headers of a call that is over', frames: [headersFrame(1, REQUEST, 5), headersFrame(1, REQUEST, 5)], code: ERROR.streamClosed }, // prettier-ignore
    { what: 'numbers of calls that go down', frames: [headersFrame(5), headersFrame(3)], code: ERROR.streamClosed },
    { what: 'a promise', frames: [frame(FRAME.pushPromise, 4, 1, Buffer.alloc(4))], code: ERROR.protocol },
    { what: 'only padding', frames: [frame(FRAME.headers, 12, 1, Buffer.from([9, 1]))], code: ERROR.protocol },
    { what: 'headers in no coding', frames: [frame(FRAME.headers, 4, 1, Buffer.from([0x80]))], code: ERROR.compression }, // prettier-ignore
    { what: 'a continuation of nothing', frames: [frame(FRAME.continuation, 4, 1, Buffer.alloc(0))], code: ERROR.protocol }, // prettier-ignore
    { what: 'another frame amid headers', frames: [headersFrame(1, REQUEST, 0), frame(FRAME.ping, 0, 0, Buffer.alloc(8))], code: ERROR.protocol }, // prettier-ignore
    { what: 'headers without end', frames: [headersFrame(1, REQUEST, 0), ...Array.from({ length: 40 }, () => frame(FRAME.continuation, 0, 1, Buffer.alloc(1)))], code: ERROR.enhanceYourCalm }, // prettier-ignore
    { what: 'more data than was allowed', frames: [headersFrame(1, { ...REQUEST, hold: 'yes' }), headersFrame(3, { ...REQUEST, hold: 'yes' }), ...Array.from({ length: 1_100 }, (_, index) => frame(FRAME.data, 0, 1 + 2 * (index % 2), Buffer.alloc(16_384)))], code: undefined }, // prettier-ignore
  ])('ends for $what', async ({ greeting, frames, code }) => {
    const caller = new Caller(fixture.port, greeting);
    caller.send(...frames);
    if (code === undefined) {
      await until('each call was reset', () => caller.of(FRAME.reset).length === 2);
      expect(caller.of(FRAME.reset).map(({ body }) => body.readUInt32BE(0))).toEqual([3, 3]);
      caller.socket.destroy();
      return;
    }
    await until('it has ended', () => caller.closed);
    expect(caller.of(FRAME.goaway).map(({ body }) => body.readUInt32BE(4))).toEqual([code]);
  });

  it.each([
    { what: 'no path', headers: { ':method': 'POST', ':scheme': 'http' } },
    { what: 'a name in capitals', headers: { ...REQUEST, Upper: 'x' } },
    { what: 'a header of connections', headers: { ...REQUEST, 'transfer-encoding': 'chunked' } },
    { what: 'an unknown pseudo header', headers: { ...REQUEST, ':status': '200' } },
    { what: 'a line end in a value', headers: { ...REQUEST, x: 'a\r\nb' } },
  ])('refuses a call with $what, and takes the next', async ({ headers }) => {
    const caller = new Caller(fixture.port);
    caller.send(headersFrame(1, headers as Record<string, string>), headersFrame(3, REQUEST, 5));
    await until('the next is answered', () => caller.hasEnded(3));
    expect(caller.of(FRAME.reset)).toEqual([expect.objectContaining({ id: 1, body: Buffer.from([0, 0, 0, 1]) })]);
    caller.socket.destroy();
  });

  const NEVER = { ...REQUEST, never: 'yes' };
  const dataFrame = (flags = 0, text = 'late') => frame(FRAME.data, flags, 1, Buffer.from(text));
  it.each([
    { what: 'data behind its end', frames: [headersFrame(1, NEVER, 5), dataFrame()], code: ERROR.streamClosed },
    { what: 'data when it was answered', frames: [headersFrame(1, REQUEST, 5), dataFrame()], code: ERROR.streamClosed },
    { what: 'data when the caller had reset it', frames: [headersFrame(1, NEVER), numbersFrame(FRAME.reset, 1, 8), dataFrame()], code: ERROR.streamClosed }, // prettier-ignore
    { what: 'headers behind its end', frames: [headersFrame(1, NEVER, 5), headersFrame(1, REQUEST, 5)], code: ERROR.streamClosed }, // prettier-ignore
    { what: 'trailers that do not end', frames: [headersFrame(1, NEVER), headersFrame(1, { x: 'y' })], code: ERROR.protocol }, // prettier-ignore
    { what: 'less than its content-length', frames: [headersFrame(1, { ...REQUEST, 'content-length': '9' }), dataFrame(1)], code: ERROR.protocol }, // prettier-ignore
    { what: 'more than its content-length', frames: [headersFrame(1, { ...REQUEST, 'content-length': '1' }), dataFrame(), dataFrame(1)], code: ERROR.protocol }, // prettier-ignore
  ])('resets a call for $what, and takes the next', async ({ frames, code }) => {
    const caller = new Caller(fixture.port);
    caller.send(...frames, headersFrame(3, REQUEST, 5));
    await until('the next is answered', () => caller.hasEnded(3));
    expect(caller.of(FRAME.reset).map(({ id, body }) => [id, body.readUInt32BE(0)])).toEqual([[1, code]]);
    caller.socket.destroy();
  });

  it.each([
    { what: 'was cut short here', headers: { ...REQUEST, cut: 'yes' }, code: ERROR.none },
    { what: 'was refused for its headers', headers: { ...REQUEST, ':status': '200' }, code: ERROR.protocol },
  ])('ignores what was on its way for a call that $what', async ({ headers, code }) => {
    const caller = new Caller(fixture.port);
    caller.send(headersFrame(1, headers), dataFrame(), headersFrame(1, { x: 'y' }, 5), headersFrame(3, REQUEST, 5));
    await until('the next is answered', () => caller.hasEnded(3));
    expect(caller.of(FRAME.reset).map(({ id, body }) => [id, body.readUInt32BE(0)])).toEqual([[1, code]]);
    caller.socket.destroy();
  });

  it('answers what is under way when calls come that were sent after the last one was named', async () => {
    const caller = new Caller(fixture.port);
    caller.send(headersFrame(1, NEVER, 5));
    const call = await callOf(1);
    fixture.connections.at(-1)?.http2.sendOff();
    caller.send(frame(FRAME.ping, FLAG.ack, 0, Buffer.alloc(8)));
    await until('the last one is named', () => caller.of(FRAME.goaway).length === 2);
    caller.send(headersFrame(3), frame(FRAME.data, 1, 3, Buffer.from('x')), numbersFrame(FRAME.windowUpdate, 3, 9), numbersFrame(FRAME.reset, 3, 8)); // prettier-ignore
    caller.send(frame(FRAME.ping, 0, 0, Buffer.alloc(8)));
    await until('they were read', () => caller.of(FRAME.ping).some(({ flags }) => flags === FLAG.ack));
    call.answer(OK, Buffer.from('in time'), DONE);
    await until('it is answered', () => caller.hasEnded(1) && caller.closed);
    expect(caller.of(FRAME.goaway).map(({ body }) => body.readUInt32BE(4))).toEqual([ERROR.none, ERROR.none]);
  });

  /** The latest call of that number, once it has come. */
  async function callOf(id: number): Promise<Http2Stream> {
    const before = fixture.calls.length;
    await until('the call has come', () => fixture.calls.length > before);
    expect(fixture.calls.at(-1)?.id).toBe(id);
    return fixture.calls.at(-1) as Http2Stream;
  }

  it('takes headers in pieces, with padding and priority, and a stream cut anywhere', async () => {
    const caller = new Caller(fixture.port);
    const block = headerBlock({ ...REQUEST, bytes: '3' });
    const padded = Buffer.concat([Buffer.from([2]), Buffer.alloc(5), block.subarray(0, 10), Buffer.alloc(2)]);
    const sent = Buffer.concat([
      frame(FRAME.headers, FLAG.padded | FLAG.priority, 1, padded),
      frame(FRAME.continuation, 0, 1, block.subarray(10, 11)),
      frame(FRAME.continuation, FLAG.endHeaders, 1, block.subarray(11)),
      frame(FRAME.data, FLAG.endStream | FLAG.padded, 1, Buffer.from([1, 65, 0])),
    ]);
    for (const byte of sent) {
      caller.send(Buffer.from([byte]));
      await new Promise((done) => setImmediate(done));
    }
    await until('it is answered', () => caller.hasEnded(1));
    expect(caller.dataOf(1)).toBe(3);
    caller.socket.destroy();
  });

  it('answers pings, ignores what it does not know, and takes trailers', async () => {
    const caller = new Caller(fixture.port);
    const trailers = frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, headerBlock({ x: 'y' }));
    caller.send(frame(FRAME.ping, 0, 0, Buffer.from('12345678')), frame(99, 1, 7, Buffer.alloc(3)), headersFrame(1), trailers); // prettier-ignore
    await until('it is answered', () => caller.hasEnded(1));
    expect(caller.of(FRAME.ping)).toEqual([
      expect.objectContaining({ flags: FLAG.ack, body: Buffer.from('12345678') }),
    ]);
    caller.socket.destroy();
  });
});

describe('flow control', () => {
  it('sends no more than the caller has room for, of a call and of the connection', async () => {
    const caller = new Caller(fixture.port, [PREFACE, settingsFrame([[SETTING.initialWindowSize, 10_000]])]);
    const bytes = '50000';
    caller.send(headersFrame(1, { ...REQUEST, bytes }, 5), headersFrame(3, { ...REQUEST, bytes }, 5));
    await until('the windows of both calls are full', () => caller.dataOf(1) + caller.dataOf(3) === 20_000);
    caller.send(numbersFrame(FRAME.windowUpdate, 1, 40_000), numbersFrame(FRAME.windowUpdate, 3, 40_000));
    await until('the window of the connection is full', () => caller.dataOf(1) + caller.dataOf(3) === 65_535);
    expect([1, 3].filter((id) => caller.hasEnded(id))).toHaveLength(1);
    caller.send(numbersFrame(FRAME.windowUpdate, 0, 100_000));
    await until('both are whole', () => caller.hasEnded(1) && caller.hasEnded(3));
    expect([caller.dataOf(1), caller.dataOf(3)]).toEqual([50_000, 50_000]);
    caller.socket.destroy();
  });

  it('heeds a window that shrinks below what was sent already', async () => {
    const caller = new Caller(fixture.port, [PREFACE, settingsFrame([[SETTING.initialWindowSize, 10_000]])]);
    caller.send(headersFrame(1, { ...REQUEST, bytes: '30000' }, 5));
    await until('its window is full', () => caller.dataOf(1) === 10_000);
    caller.send(settingsFrame([[SETTING.initialWindowSize, 1_000]]), numbersFrame(FRAME.windowUpdate, 1, 9_500));
    await until('it took the room that is left', () => caller.dataOf(1) === 10_500);
    const frames = caller.frames.length;
    caller.send(settingsFrame([[SETTING.initialWindowSize, 100_000]]));
    await until('it is whole', () => caller.hasEnded(1));
    expect(caller.dataOf(1)).toBe(30_000);
    expect(caller.frames[frames]).toMatchObject({ type: FRAME.settings, flags: FLAG.ack }); // before what it allows
    caller.socket.destroy();
  });

  it('gives room again for what it has dealt with, over many times its windows', async () => {
    const session = connectHttp2(`http://127.0.0.1:${fixture.port}`);
    const before = fixture.received;
    const stream = session.request({ ':method': 'POST', ':path': '/' });
    for (let sent = 0; sent < 40; sent++) stream.write(Buffer.alloc(2 ** 20));
    stream.end();
    stream.resume();
    await until('it is answered', () => stream.destroyed);
    expect(fixture.received - before).toBe(40 * 2 ** 20);
    session.destroy();
  }, 60_000);
});

describe('a caller that takes nothing', () => {
  const noRoom = [PREFACE, settingsFrame([[SETTING.initialWindowSize, 0]])];

  it('has 256 MB of answers kept for it, and its calls given up beyond', async () => {
    const caller = new Caller(fixture.port, noRoom);
    const ids = Array.from({ length: 17 }, (_, index) => 1 + 2 * index);
    caller.send(...ids.map((id) => headersFrame(id, { ...REQUEST, bytes: String(2 ** 24) }, 5)));
    await until('one is given up', () => caller.of(FRAME.reset).length > 0);
    expect(caller.of(FRAME.reset)).toEqual([expect.objectContaining({ id: 33, body: Buffer.from([0, 0, 0, 11]) })]);
    caller.send(numbersFrame(FRAME.reset, 1, ERROR.cancel)); // gives room back
    caller.send(headersFrame(35, { ...REQUEST, bytes: '100' }, 5), numbersFrame(FRAME.windowUpdate, 35, 100));
    await until('there is room for another', () => caller.hasEnded(35));
    caller.socket.destroy();
  }, 60_000);

  it.each([
    { what: 'does not greet', greeting: [PREFACE.subarray(0, 5)], frames: [] },
    { what: 'does not finish a frame', frames: [headersFrame(1).subarray(0, 12)] },
    { what: 'does not finish its headers', frames: [headersFrame(1, REQUEST, 0)] },
    { what: 'has no room for an answer', greeting: noRoom, frames: [headersFrame(1, { ...REQUEST, bytes: '9' }, 5)] },
    { what: 'has nothing to say', frames: [], stays: true },
    { what: 'waits for its answer', frames: [headersFrame(1, { ...REQUEST, never: 'yes' }, 5)], stays: true },
  ])('is left after a minute, or kept, when it $what', async ({ greeting, frames, stays = false }) => {
    const before = fixture.connections.length;
    const caller = new Caller(fixture.port, greeting);
    caller.send(...frames);
    await until('it is connected', () => fixture.connections.length > before);
    const { socket } = fixture.connections.at(-1) as { socket: Socket };
    const sent = [...(greeting ?? [PREFACE, settingsFrame([])]), ...frames].reduce((sum, one) => sum + one.length, 0);
    await until('all of it was read', () => socket.bytesRead === sent);
    expect(socket.timeout).toBe(60_000);
    socket.emit('timeout'); // as after that time
    expect(socket.destroyed).toBe(!stays);
    caller.socket.destroy();
  });
});

describe('a caller that cancels', () => {
  it('has its calls counted until they are dealt with', async () => {
    const caller = new Caller(fixture.port);
    const calls = 16_384;
    for (let index = 0; index <= calls; index++) {
      const id = 1 + 2 * index;
      caller.send(headersFrame(id, { ...REQUEST, never: 'yes' }, 5), numbersFrame(FRAME.reset, id, ERROR.cancel));
    }
    await until('one is refused', () => caller.of(FRAME.reset).length === 1);
    expect(caller.of(FRAME.reset)[0]).toMatchObject({ id: 1 + 2 * calls, body: Buffer.from([0, 0, 0, 7]) });
    fixture.calls.at(-1)?.reset(ERROR.cancel); // dealt with
    caller.send(headersFrame(2 * calls + 3, REQUEST, 5));
    await until('there is room for another', () => caller.hasEnded(2 * calls + 3));
    caller.socket.destroy();
  }, 60_000);
});
