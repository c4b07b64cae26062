import { constants, type OutgoingHttpHeaders } from 'node:http2';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import type { ServerErrorResponse } from '@grpc/grpc-js';
import type { ServerTls } from '@vinaigrette/edge';
import { headerBlock } from '../http2/hpack.js';
import { Http2Connection } from '../http2/http2-connection.js';
import type { Headers, Http2Stream } from '../http2/http2-stream.js';
import { ServerBehind } from './server-behind.js';

const { NGHTTP2_CANCEL } = constants;
const PREFIX_BYTES = 5;
/** Memory kept for a piece of a message that is not whole, as a multiple of the piece. */
const KEPT_PER_PIECE_MAX = 4;
const STATUS = { resourceExhausted: 8, internal: 13 };
const RESPONSE = { ':status': 200, 'content-type': 'application/grpc+proto' };
const RESPONSE_BLOCK = headerBlock(RESPONSE);
const OK_BLOCK = headerBlock({ 'grpc-status': '0' });

/** One unary call, as far as answering it needs to know. */
export interface UnaryCall {
  readonly headers: Headers;
  /** Nobody waits for the answer any more: cancelled, gone, or past the deadline. */
  abandoned(): boolean;
  /** When it will be past, on the clock of performance.now(); Infinity: never. */
  readonly deadlineMs: number;
}

export interface FrontOptions {
  /** The one method answered here: it must be unary. */
  path: string;
  /** What is refused at a glance: what `errorOf` understands, or undefined. */
  refusal?(message: Buffer, call: UnaryCall): unknown;
  /** Told why a call was refused that carries no message. */
  refused?(text: string, call: UnaryCall): void;
  /** Throws what `errorOf` understands. */
  answer(message: Buffer, call: UnaryCall): Promise<Uint8Array>;
  errorOf(error: unknown): ServerErrorResponse;
  /** Takes one connection: everything that is not `path` goes to the server behind. */
  connectBehind(connection: Duplex): void;
  messageBytesMax: number;
  /** undefined: clear text. */
  tls?: ServerTls | undefined;
}

/**
 * gRPC's wire for one busy unary method, on our own HTTP/2 at a fraction of what a full gRPC server costs. Every other
 * call of a connection (other methods, compressed messages) is passed on to the full server behind it.
 */
export class UnaryFront {
  private readonly server: Server;
  private readonly connections = new Set<Http2Connection>();
  private draining = false;

  constructor(private readonly options: FrontOptions) {
    const welcome = (socket: Socket) => this.welcome(socket);
    const { tls } = options;
    this.server = tls ? createTlsServer({ ...tls, ALPNProtocols: ['h2'] }, welcome) : createServer(welcome);
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
    for (const connection of this.connections) connection.sendOff();
    await closed;
  }

  private cut(): void {
    for (const connection of this.connections) connection.destroy();
  }

  private welcome(socket: Socket): void {
    const behind = new ServerBehind(this.options.connectBehind);
    const connection = new Http2Connection(socket, (stream) => this.take(stream, behind));
    this.connections.add(connection);
    socket.once('close', () => {
      this.connections.delete(connection);
      behind.close();
    });
    if (this.draining) connection.sendOff();
  }

  private take(stream: Http2Stream, behind: ServerBehind): void {
    const { headers } = stream;
    const plain = (headers['grpc-encoding'] ?? 'identity') === 'identity';
    if (headers[':path'] === this.options.path && plain) new FrontCall(stream, this.options);
    else behind.passOn(stream);
  }
}

/** A call of the one method: its message is read, answered, and the answer sent. */
class FrontCall implements UnaryCall {
  readonly headers: Headers;
  readonly deadlineMs: number;
  private readonly pieces: Buffer[] = [];
  private bytes = 0;

  constructor(
    private readonly stream: Http2Stream,
    private readonly options: FrontOptions,
  ) {
    this.headers = stream.headers;
    const timeout = this.headers['grpc-timeout'];
    this.deadlineMs = timeout === undefined ? Infinity : performance.now() + timeoutMsOf(timeout);
    stream.onData = (piece) => this.read(piece);
    stream.onEnd = () => this.answer();
    stream.onGone = () => this.leave();
  }

  abandoned(): boolean {
    return this.stream.gone || (this.deadlineMs !== Infinity && performance.now() >= this.deadlineMs);
  }

  private read(piece: Buffer): void {
    // A small piece would keep all that was read together with it, for as long as its caller likes.
    const small = piece.length * KEPT_PER_PIECE_MAX < piece.buffer.byteLength;
    this.pieces.push(small ? Buffer.from(piece) : piece);
    this.bytes += piece.length;
    this.stream.consumed(piece.length);
    if (this.bytes <= this.options.messageBytesMax + PREFIX_BYTES) return;
    this.pieces.length = 0;
    this.refuse(STATUS.resourceExhausted, `A message may have ${this.options.messageBytesMax} bytes`);
  }

  /** Cancelled before its message was whole: there is nobody to answer, and nothing under way. */
  private leave(): void {
    if (!this.stream.receivedAll) this.stream.reset(NGHTTP2_CANCEL);
  }

  private answer(): void {
    if (this.stream.ended) return;
    const body = this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces);
    this.pieces.length = 0;
    if (body.length < PREFIX_BYTES || body[0] !== 0 || body.readUInt32BE(1) !== body.length - PREFIX_BYTES) {
      return this.refuse(STATUS.internal, 'The call does not carry exactly one message that is not compressed');
    }
    const message = body.subarray(PREFIX_BYTES);
    const refusal = this.options.refusal?.(message, this);
    if (refusal !== undefined) return this.fail(refusal);
    this.options.answer(message, this).then(
      (answer) => this.reply(answer),
      (error: unknown) => this.fail(error),
    );
  }

  private reply(message: Uint8Array): void {
    const body = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
    body[0] = 0;
    body.writeUInt32BE(message.length, 1);
    body.set(message, PREFIX_BYTES);
    this.stream.answer(RESPONSE_BLOCK, body, OK_BLOCK);
  }

  private fail(error: unknown): void {
    this.stream.respond(this.blockOf(error), true);
  }

  /** What is told to many, as of a queue that is full, is written once. */
  private blockOf(error: unknown): Buffer {
    const known = blocks.get(error as object);
    if (known) return known;
    const { code, details, metadata } = this.options.errorOf(error);
    const block = failureBlock(code ?? STATUS.internal, details ?? '', metadata?.toHttp2Headers());
    if (error instanceof Error) blocks.set(error, block);
    return block;
  }

  private refuse(code: number, text: string): void {
    this.options.refused?.(text, this);
    this.stream.respond(failureBlock(code, text), true);
  }
}

const blocks = new WeakMap<object, Buffer>();

/** A failure travels in the headers alone; its text percent-encoded, as gRPC wants it. */
function failureBlock(code: number, text: string, metadata: OutgoingHttpHeaders = {}): Buffer {
  const message = encodeURI(Buffer.from(text).toString()); // through a Buffer: half a character cannot be encoded
  return headerBlock({ ...RESPONSE, ...metadata, 'grpc-status': String(code), 'grpc-message': message });
}

const UNIT_MS: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** `250m` is a quarter of a second; one that cannot be read: without end. */
function timeoutMsOf(header: string): number {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(header) ?? [];
  return digits && unit ? Number(digits) * (UNIT_MS[unit] as number) : Infinity;
}
