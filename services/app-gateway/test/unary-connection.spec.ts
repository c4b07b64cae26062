import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { createServer as createSocketServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { STATUS, type Reply } from '../src/adapters/grpc/unary-call.js';
import { UnaryConnection } from '../src/adapters/grpc/unary-connection.js';
import { eventually } from './test-gateway.js';

const PATIENT_MS = 60_000;
const message = Buffer.from('what is asked');
const ok = { ':status': 200, 'content-type': 'application/grpc' };

const framed = (body: Buffer, compressed = 0): Buffer => {
  const prefix = Buffer.from([compressed, 0, 0, 0, 0]);
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
};

function answer(stream: ServerHttp2Stream, body: Buffer, trailers: Record<string, string> = { 'grpc-status': '0' }) {
  stream.respond(ok, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(body);
}

describe('UnaryConnection', () => {
  let server: Http2Server;
  let connection: UnaryConnection;
  let sessions: ServerHttp2Session[];
  let take: (stream: ServerHttp2Stream, headers: NodeJS.Dict<string | string[]>) => void;

  const open = (port: number) =>
    new UnaryConnection({ ip: '127.0.0.1', port, authority: `models:${port}`, name: undefined, tls: undefined });
  const listen = async (port = 0): Promise<number> => {
    server = createServer();
    server.on('session', (session) => sessions.push(session));
    server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      take(stream, headers);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const stop = async () => {
    server.on('session', (late) => late.destroy());
    for (const session of sessions.splice(0)) session.destroy();
    await new Promise((closed) => server.close(closed));
  };
  const call = (patienceMs = PATIENT_MS): Promise<Reply> =>
    connection.call('/a.Service/Ask', { traceparent: 'its-own' }, message, performance.now() + patienceMs);

  beforeEach(async () => {
    sessions = [];
    take = (stream) => answer(stream, framed(Buffer.from('an answer')));
    connection = open(await listen());
  });
  afterEach(async () => {
    connection.close();
    await stop();
  }, 60_000);

  it('carries one message there and one back, as gRPC frames them, and says until when it waits', async () => {
    const pieces: Buffer[] = [];
    const seen = new Promise<NodeJS.Dict<string | string[]>>((resolve) => {
      take = (stream, headers) => {
        stream.on('data', (piece: Buffer) => pieces.push(piece));
        stream.on('end', () => answer(stream, framed(Buffer.from('an answer'))));
        resolve(headers);
      };
    });
    expect(await call()).toEqual({ code: STATUS.ok, message: Buffer.from('an answer') });
    expect(Buffer.concat(pieces)).toEqual(framed(message));
    const headers = await seen;
    expect(headers).toMatchObject({ ':path': '/a.Service/Ask', ':method': 'POST', te: 'trailers' });
    expect(headers).toMatchObject({ 'content-type': 'application/grpc+proto', traceparent: 'its-own' });
    expect(Number(/^(\d{1,8})m$/.exec(String(headers['grpc-timeout']))?.[1])).toBeGreaterThan(PATIENT_MS / 2);
  }, 60_000);

  it('takes an answer far larger than a window', async () => {
    const large = Buffer.alloc(20_000_000, 'x');
    take = (stream) => answer(stream, framed(large));
    const reply = await call();
    expect('message' in reply && reply.message.equals(large)).toBe(true);
  }, 60_000);

  it.each<{ how: string; does: (stream: ServerHttp2Stream) => void; code: number; details?: string }>([
    {
      how: 'a refusal in the headers alone',
      does: (stream) => stream.respond({ ...ok, 'grpc-status': '3', 'grpc-message': 'no%20such' }, { endStream: true }),
      code: STATUS.invalidArgument,
      details: 'no such',
    },
    {
      how: 'a failure after a piece of an answer',
      does: (stream) => answer(stream, Buffer.from([0, 0]), { 'grpc-status': '5', 'grpc-message': '100%' }),
      code: STATUS.notFound,
      details: '100%',
    },
    {
      how: 'a proxy that reaches nobody',
      does: (stream) => stream.respond({ ':status': 503 }),
      code: STATUS.unavailable,
    },
    { how: 'a page', does: (stream) => stream.respond({ ':status': 404 }, { endStream: true }), code: STATUS.unknown },
    {
      how: 'headers without a status',
      does: (stream) => stream.respond(ok, { endStream: true }),
      code: STATUS.unknown,
    },
    { how: 'a stream that is reset', does: (stream) => stream.close(2), code: STATUS.unavailable },
    { how: 'a connection that breaks', does: (stream) => stream.session?.destroy(), code: STATUS.unavailable },
    { how: 'half a message', does: (stream) => answer(stream, framed(message).subarray(0, 9)), code: STATUS.internal },
    { how: 'no message', does: (stream) => answer(stream, Buffer.alloc(0)), code: STATUS.internal },
    { how: 'what it cannot unpack', does: (stream) => answer(stream, framed(message, 1)), code: STATUS.internal },
  ])(
    'tells $how from an answer',
    async ({ does, code, details }) => {
      take = does;
      const reply = await call();
      expect(reply.code).toBe(code);
      if (details !== undefined) expect(reply).toMatchObject({ details });
    },
    60_000,
  );

  it('waits no longer than it may, and tells the server that nobody waits any more', async () => {
    await call();
    const left = new Promise((resolve) => {
      take = (stream) => stream.on('close', () => resolve(stream.rstCode));
    });
    expect(await call(50)).toMatchObject({ code: STATUS.deadlineExceeded });
    expect(await left).toBe(8); // CANCEL
  }, 60_000);

  it('finishes what is under way when the server says it is leaving, and asks the one that comes after it', async () => {
    const { port } = server.address() as AddressInfo;
    const under = new Promise<ServerHttp2Stream>((resolve) => (take = resolve));
    const asked = call();
    const stream = await under;
    stream.session?.goaway();
    await eventually(() => !connection.isReady || sessions.length > 1, 'it heard the farewell');
    answer(stream, framed(Buffer.from('a last answer')));
    expect(await asked).toEqual({ code: STATUS.ok, message: Buffer.from('a last answer') });
    await stop();
    await listen(port);
    take = (next) => answer(next, framed(Buffer.from('another')));
    await eventually(() => connection.isReady, 'it is connected again');
    expect(await call()).toEqual({ code: STATUS.ok, message: Buffer.from('another') });
  }, 60_000);

  it('says at once that nobody is there, and waits for nobody who does not speak HTTP/2 longer than it may', async () => {
    await call();
    await stop();
    await eventually(async () => (await call()).code === STATUS.unavailable, 'nobody is there');
    const silent = createSocketServer((socket) => socket.resume().on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const other = open((silent.address() as AddressInfo).port);
    const reply = await other.call('/a.Service/Ask', {}, message, performance.now() + 50);
    expect(reply.code).toBe(STATUS.deadlineExceeded);
    other.close();
    await new Promise((closed) => silent.close(closed));
    await listen();
  }, 60_000);
});
