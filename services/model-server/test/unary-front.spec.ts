import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { compressionAlgorithms, Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import type {
  CallOptions,
  ChannelOptions,
  sendUnaryData,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceError,
} from '@grpc/grpc-js';
import { Problem, problemOf } from '@vinaigrette/problems';
import { grpcErrorOf } from '../src/adapters/grpc/statuses.js';
import { UnaryFront, type UnaryCall } from '../src/adapters/grpc/unary-front.js';
import { until } from './running-server.js';

const asItIs = (bytes: Buffer): Buffer => bytes;
const method = (path: string, responseStream: boolean) => ({
  path,
  requestStream: false,
  responseStream,
  requestSerialize: asItIs,
  requestDeserialize: asItIs,
  responseSerialize: asItIs,
  responseDeserialize: asItIs,
});
const MESSAGE_BYTES_MAX = 5_000_000;

/** A front that answers `/a/Front` with what it got, and a grpc-js server behind it. */
class Fixture {
  readonly calls: UnaryCall[] = [];
  private readonly behind = new Server({ 'grpc.max_receive_message_length': MESSAGE_BYTES_MAX });
  readonly front: UnaryFront;
  private readonly clients: Client[] = [];
  port = 0;

  constructor() {
    this.behind.addService(
      {
        Front: method('/a/Front', false),
        Behind: method('/a/Behind', false),
        Stream: method('/a/Stream', true),
        Never: method('/a/Never', true),
      },
      {
        Front: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) =>
          answer(null, Buffer.from(`behind ${String(call.request)}`)),
        Behind: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => answer(null, call.request),
        Stream: (call: ServerWritableStream<Buffer, Buffer>) => {
          for (let index = 0; index < 100; index++) call.write(Buffer.alloc(20_000, index));
          call.end(new Metadata());
        },
        Never: (call: ServerWritableStream<Buffer, Buffer>) => {
          this.arrived = true;
          call.on('cancelled', () => (this.cancelled = true));
        },
      },
    );
    const injector = this.behind.createConnectionInjector(ServerCredentials.createInsecure());
    this.front = new UnaryFront({
      path: '/a/Front',
      answer: (message, call) => this.answer(message, call),
      errorOf: (error) => grpcErrorOf(problemOf(error)),
      connectBehind: (connection) => injector.injectConnection(connection),
      messageBytesMax: MESSAGE_BYTES_MAX,
    });
  }

  arrived = false;
  cancelled = false;

  async start(): Promise<this> {
    this.port = await this.front.listen('127.0.0.1', 0);
    return this;
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close();
    await this.front.drain(AbortSignal.timeout(10_000));
    this.behind.forceShutdown();
  }

  client(options: ChannelOptions = {}): Client {
    const client = new Client(`127.0.0.1:${this.port}`, credentials.createInsecure(), {
      'grpc.max_send_message_length': -1,
      'grpc.max_receive_message_length': -1,
      ...options,
    });
    this.clients.push(client);
    return client;
  }

  private async answer(message: Buffer, call: UnaryCall): Promise<Uint8Array> {
    this.calls.push(call);
    const text = message.subarray(0, 100).toString();
    if (text === 'fail') throw new Problem('INFERENCE_FAILED', 'crème ☕ 100 %', { field: 'x' });
    while (text === 'hold' && !call.abandoned()) await new Promise((done) => setTimeout(done, 10));
    const waitMs = Number(/^wait (\d+)/.exec(text)?.[1] ?? 0);
    if (waitMs > 0) await new Promise((done) => setTimeout(done, waitMs));
    return message;
  }
}

function ask(client: Client, path: string, message: Buffer, options: CallOptions = {}, metadata = new Metadata()) {
  return new Promise<Buffer>((answer, fail) => {
    client.makeUnaryRequest(path, asItIs, asItIs, message, metadata, options, (error: ServiceError | null, reply) =>
      error ? fail(error) : answer(reply as Buffer),
    );
  });
}

describe('a front for one unary method', () => {
  let fixture: Fixture;
  let client: Client;
  beforeAll(async () => {
    fixture = await new Fixture().start();
    client = fixture.client();
  });
  afterAll(() => fixture.stop());

  it.each([0, 1, 20_000, MESSAGE_BYTES_MAX])('answers a message of %d bytes', async (bytes) => {
    const message = Buffer.alloc(bytes, 7);
    expect((await ask(client, '/a/Front', message)).equals(message)).toBe(true);
  });

  it('hands the headers over', async () => {
    const metadata = new Metadata();
    metadata.set('traceparent', '00-1-2-01');
    await ask(client, '/a/Front', Buffer.from('x'), {}, metadata);
    expect(fixture.calls.at(-1)?.headers).toMatchObject({ traceparent: '00-1-2-01' });
  });

  it('tells a failure with its status, text and metadata', async () => {
    await expect(ask(client, '/a/Front', Buffer.from('fail'))).rejects.toMatchObject({
      code: 3,
      details: expect.stringMatching(/^\[INFERENCE_FAILED\] crème ☕ 100 %/),
      metadata: expect.objectContaining({ internalRepr: expect.any(Map) }),
    });
  });

  it('refuses a message that is too large', async () => {
    await expect(ask(client, '/a/Front', Buffer.alloc(MESSAGE_BYTES_MAX + 1))).rejects.toMatchObject({ code: 8 });
    await expect(ask(client, '/a/Front', Buffer.from('on'))).resolves.toEqual(Buffer.from('on'));
  });

  it('knows when nobody waits any more: past the deadline', async () => {
    const seen = fixture.calls.length;
    while (fixture.calls.length === seen) {
      // a deadline may be over before the call has left
      const late = ask(client, '/a/Front', Buffer.from('hold'), { deadline: Date.now() + 100 });
      await expect(late).rejects.toMatchObject({ code: 4 });
    }
    await until('it is known', () => fixture.calls.at(-1)?.abandoned() === true);
  });

  it('knows when nobody waits any more: cancelled', async () => {
    const seen = fixture.calls.length;
    const call = client.makeUnaryRequest('/a/Front', asItIs, asItIs, Buffer.from('hold'), () => undefined);
    await until('it has arrived', () => fixture.calls.length > seen);
    expect(fixture.calls.at(-1)?.abandoned()).toBe(false);
    call.cancel();
    await until('it is known', () => fixture.calls.at(-1)?.abandoned() === true);
  });

  it('passes on what it does not answer itself: another method, a compressed message, a stream', async () => {
    await expect(ask(client, '/a/Behind', Buffer.alloc(100_000, 1))).resolves.toHaveLength(100_000);
    const gzip = fixture.client({ 'grpc.default_compression_algorithm': compressionAlgorithms.gzip });
    await expect(ask(gzip, '/a/Front', Buffer.from('x'))).resolves.toEqual(Buffer.from('behind x'));
    await expect(ask(client, '/a/Nothing', Buffer.from('x'))).rejects.toMatchObject({ code: 12 });
    const stream = client.makeServerStreamRequest('/a/Stream', asItIs, asItIs, Buffer.from(''));
    let bytes = 0;
    for await (const piece of stream) bytes += (piece as Buffer).length;
    expect(bytes).toBe(2_000_000);
  }, 60_000);

  it('passes a cancellation on', async () => {
    const stream = client.makeServerStreamRequest('/a/Never', asItIs, asItIs, Buffer.from(''));
    stream.on('error', () => undefined);
    await until('it has arrived', () => fixture.arrived);
    stream.cancel();
    await until('the server behind was told', () => fixture.cancelled);
  });

  it.each([
    { what: 'no message', body: Buffer.alloc(0) },
    { what: 'half a prefix', body: Buffer.from([0, 0]) },
    { what: 'less than it says', body: Buffer.from([0, 0, 0, 0, 9, 1]) },
    { what: 'more than it says', body: Buffer.from([0, 0, 0, 0, 1, 1, 1]) },
    { what: 'a compressed message that names no compression', body: Buffer.from([1, 0, 0, 0, 1, 1]) },
  ])('refuses a body with $what', async ({ body }) => {
    const session = connect(`http://127.0.0.1:${fixture.port}`);
    const stream = session.request({ ':method': 'POST', ':path': '/a/Front', 'content-type': 'application/grpc' });
    stream.end(body);
    const headers = await new Promise<Record<string, unknown>>((came) => stream.once('response', came));
    expect(headers).toMatchObject({ ':status': 200, 'grpc-status': '13' });
    session.destroy();
  });
});

describe('a front that drains', () => {
  it('answers every call that was sent before its caller could know', async () => {
    for (let round = 0; round < 5; round++) {
      const fixture = await new Fixture().start();
      const callers = Array.from({ length: 4 }, () => new CarelessCaller(fixture.port, '/a/Front'));
      await until('calls are under way', () => fixture.calls.length > 20);
      await fixture.front.drain(AbortSignal.timeout(60_000));
      await Promise.all(callers.map(({ closed }) => closed));
      for (const { sent, answered } of callers) expect(answered).toBe(sent);
      expect(callers.reduce((sum, { sent }) => sum + sent, 0)).toBe(fixture.calls.length);
      await fixture.stop();
    }
  }, 120_000);
});

/** Few enough to stay within the first window of flow control, which this client does not keep. */
const CALLS_MAX = 3_000;

/** A client that tries nothing again: it sends one call after another until it has read a GOAWAY, and counts answers. */
class CarelessCaller {
  sent = 0;
  answered = 0;
  readonly closed: Promise<void>;
  private told = false;
  private rest = Buffer.alloc(0);

  constructor(
    port: number,
    private readonly path: string,
  ) {
    const socket = connectTcp(port, '127.0.0.1');
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.write(frame(4, 0, 0));
    const send = () => {
      if (this.told || this.sent === CALLS_MAX) return;
      socket.write(this.call(1 + 2 * this.sent++));
      setTimeout(send, 1);
    };
    this.closed = new Promise((closed) => socket.on('close', () => closed()));
    socket.on('connect', send).on('data', (chunk) => this.read(chunk, socket));
  }

  private call(stream: number): Buffer {
    const named = (index: number, text: string) => [index, text.length, ...Buffer.from(text)];
    const headers = Buffer.from([0x83, 0x86, ...named(4, this.path), ...named(1, 'here')]); // POST, http, :path, :authority
    const text = Buffer.from('wait 20');
    const message = Buffer.from([0, 0, 0, 0, text.length, ...text]);
    return Buffer.concat([frame(1, 4, stream, headers), frame(0, 1, stream, message)]);
  }

  private read(chunk: Buffer, socket: Socket): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    for (let length = 0; this.rest.length >= 9; this.rest = this.rest.subarray(9 + length)) {
      length = this.rest.readUIntBE(0, 3);
      if (this.rest.length < 9 + length) return;
      const [type, flags] = [this.rest[3], this.rest[4] as number];
      if (type === 7) this.told = true;
      if (type === 1 && flags & 1) this.answered++;
      const isPing = type === 6 && !(flags & 1);
      if (isPing) socket.write(frame(6, 1, 0, this.rest.subarray(9, 9 + length)));
    }
  }
}

function frame(type: number, flags: number, stream: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.from([0, 0, 0, type, flags, 0, 0, 0, 0]);
  head.writeUIntBE(body.length, 0, 3);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}
