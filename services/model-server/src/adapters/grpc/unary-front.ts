import {
  connect,
  constants,
  createServer,
  type ClientHttp2Session,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ServerErrorResponse } from '@grpc/grpc-js';
import { connectionWithin } from './connection-within.js';

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = constants;
const PREFIX_BYTES = 5;
const STATUS = { resourceExhausted: 8, internal: 13 };
const RESPONSE = { ':status': 200, 'content-type': 'application/grpc+proto' };
const OK = { 'grpc-status': '0' };
/** The frame GOAWAY: 8 bytes, type 7, stream 0; the last stream that will be answered is the last possible; no error. */
const SHUTDOWN_NOTICE = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
/** How long a session may take to show that it has seen the first GOAWAY. */
const PING_TIMEOUT_MS = 1_000;

/** One unary call, as far as answering it needs to know. */
export interface UnaryCall {
  readonly headers: IncomingHttpHeaders;
  /** Nobody waits for the answer any more: cancelled, gone, or past the deadline. */
  abandoned(): boolean;
}

export interface FrontOptions {
  /** The one method answered here: it must be unary. */
  path: string;
  /** Throws what `errorOf` understands. */
  answer(message: Buffer, call: UnaryCall): Promise<Uint8Array>;
  errorOf(error: unknown): ServerErrorResponse;
  /** Takes one connection: everything that is not `path` goes to the server behind. */
  connectBehind(connection: Duplex): void;
  messageBytesMax: number;
}

/**
 * gRPC's wire for one busy unary method, framed directly on HTTP/2 at two thirds of what a full gRPC server costs.
 * Every other call of a connection (other methods, compressed messages) is passed on to the full server behind it.
 */
export class UnaryFront {
  private readonly server: Http2Server;
  private readonly sessions = new Map<ServerHttp2Session, Socket>();
  /** The connection whose session is made next. */
  private arriving: Socket | undefined;
  private behind: ClientHttp2Session | undefined;
  private draining = false;

  constructor(private readonly options: FrontOptions) {
    this.server = createServer({ settings: { initialWindowSize: 2 ** 20 } });
    this.server.prependListener('connection', (socket: Socket) => (this.arriving = socket));
    this.server.on('session', (session) => this.welcome(session));
    this.server.on('stream', (stream, headers) => this.take(stream, headers));
  }

  /** Answers with the port. Rejects when it is taken. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((listening, refused) => {
      this.server.once('error', refused);
      this.server.listen(port, host, () => listening((this.server.address() as AddressInfo).port));
    });
  }

  /**
   * Takes no new connections, tells each caller to open no more calls on this one, answers all that were on their way
   * when that was heard, and settles when every call is over. `signal` cuts off what is still open.
   */
  async drain(signal: AbortSignal): Promise<void> {
    this.draining = true;
    const closed = new Promise<void>((done) => this.server.close(() => done()));
    signal.addEventListener('abort', () => this.cut());
    for (const session of this.sessions.keys()) this.sendOff(session);
    await closed;
    this.behind?.close();
  }

  private cut(): void {
    for (const session of this.sessions.keys()) session.destroy();
  }

  private welcome(session: ServerHttp2Session): void {
    this.sessions.set(session, this.arriving as Socket);
    session.once('close', () => this.sessions.delete(session));
    session.on('error', () => session.destroy()); // a caller's broken connection is no news
    if (this.draining) this.sendOff(session);
  }

  /**
   * Two GOAWAYs, as RFC 9113 (6.8) wants them: one that refuses nothing; and once the caller has answered a ping, so has
   * seen it, one that names the last call taken. A single one would refuse calls that were on their way, and so would
   * the first one sent by Node, whose nghttp2 ignores what comes after it: it is written beside Node.
   */
  private sendOff(session: ServerHttp2Session): void {
    const close = () => {
      clearTimeout(timeout);
      if (!session.closed && !session.destroyed) session.close();
    };
    const timeout = setTimeout(close, PING_TIMEOUT_MS);
    this.sessions.get(session)?.write(SHUTDOWN_NOTICE, () => (session.destroyed ? close() : session.ping(close)));
  }

  private take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on('error', () => undefined); // a caller that goes away mid-call is no news
    const plain = (headers['grpc-encoding'] ?? 'identity') === 'identity';
    if (headers[':path'] === this.options.path && plain) this.readMessage(stream, headers);
    else this.passOn(stream, headers);
  }

  private readMessage(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const arrivedMs = performance.now();
    const pieces: Buffer[] = [];
    let bytes = 0;
    stream.on('data', (piece: Buffer) => {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > this.options.messageBytesMax + PREFIX_BYTES && !stream.headersSent) {
        pieces.length = 0;
        refuse(stream, STATUS.resourceExhausted, `A message may have ${this.options.messageBytesMax} bytes`);
      }
    });
    stream.on('end', () => {
      if (stream.headersSent || stream.destroyed) return;
      const body = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
      if (body.length < PREFIX_BYTES || body[0] !== 0 || body.readUInt32BE(1) !== body.length - PREFIX_BYTES) {
        return refuse(stream, STATUS.internal, 'The call does not carry exactly one message that is not compressed');
      }
      const deadlineMs = arrivedMs + timeoutMsOf(headers['grpc-timeout']);
      const abandoned = () => stream.destroyed || stream.aborted || performance.now() >= deadlineMs;
      this.options.answer(body.subarray(PREFIX_BYTES), { headers, abandoned }).then(
        (message) => reply(stream, message),
        (error: unknown) => this.fail(stream, error),
      );
    });
  }

  private fail(stream: ServerHttp2Stream, error: unknown): void {
    const { code, details, metadata } = this.options.errorOf(error);
    refuse(stream, code ?? STATUS.internal, details ?? '', metadata?.toHttp2Headers());
  }

  private passOn(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const behind = this.sessionBehind().request(headers as OutgoingHttpHeaders);
    let trailers: OutgoingHttpHeaders = {};
    behind.on('response', (response, flags) => {
      if (stream.destroyed) return;
      const endStream = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      stream.respond(response as OutgoingHttpHeaders, { endStream, waitForTrailers: !endStream });
      if (!endStream) behind.pipe(stream);
      else behind.resume();
    });
    behind.on('trailers', (last) => (trailers = last as OutgoingHttpHeaders));
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    behind.on('error', () => stream.close(behind.rstCode));
    behind.on('close', () => {
      if (behind.rstCode !== NGHTTP2_NO_ERROR) stream.close(behind.rstCode);
    });
    stream.on('close', () => behind.close(stream.rstCode === NGHTTP2_NO_ERROR ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL));
    stream.pipe(behind);
  }

  /** One connection within the process, for as long as it holds. */
  private sessionBehind(): ClientHttp2Session {
    if (this.behind && !this.behind.closed && !this.behind.destroyed) return this.behind;
    const [near, far] = connectionWithin();
    this.options.connectBehind(far);
    const session = connect('http://behind', { createConnection: () => near });
    session.on('error', () => session.destroy());
    session.unref();
    this.behind = session;
    return session;
  }
}

function reply(stream: ServerHttp2Stream, message: Uint8Array): void {
  if (stream.destroyed) return;
  const body = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  body[0] = 0;
  body.writeUInt32BE(message.length, 1);
  body.set(message, PREFIX_BYTES);
  stream.on('wantTrailers', () => stream.sendTrailers(OK));
  stream.respond(RESPONSE, { waitForTrailers: true });
  stream.end(body);
}

/** A failure travels in the headers alone; its text percent-encoded, as gRPC wants it. */
function refuse(stream: ServerHttp2Stream, code: number, text: string, metadata: OutgoingHttpHeaders = {}): void {
  if (stream.destroyed || stream.headersSent) return;
  const message = encodeURI(Buffer.from(text).toString()); // through a Buffer: half a character cannot be encoded
  stream.respond(
    { ...RESPONSE, ...metadata, 'grpc-status': String(code), 'grpc-message': message },
    { endStream: true },
  );
}

const UNIT_MS: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** `250m` is a quarter of a second; none, or one that cannot be read: without end. */
function timeoutMsOf(header: string | string[] | undefined): number {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(String(header)) ?? [];
  return digits && unit ? Number(digits) * (UNIT_MS[unit] as number) : Infinity;
}
