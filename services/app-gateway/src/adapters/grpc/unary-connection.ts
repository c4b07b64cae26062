import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import { connect as connectSocket, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { GRPC_MESSAGE_BYTES_MAX } from '@vinaigrette/contracts/grpc';
import type { ClientTls } from '@vinaigrette/edge';

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM } = constants;

/** The codes of gRPC that are told apart here. */
export const STATUS = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  internal: 13,
  unavailable: 14,
} as const;

/** What a proxy in between says without speaking gRPC, where that means that nobody took the call. */
const unavailableStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** In front of each message: whether it is compressed, and its length. */
const PREFIX_BYTES = 5;

/** So much of an answer may be on its way before it is acknowledged: a joined one does not fit the default 64 KiB. */
const STREAM_WINDOW_BYTES = 4 * 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024;

/** node:http2 ends a connection that holds more, in MB. */
const SESSION_MEMORY_MB_MAX = 1_024;

/** A server that comes back is found again within a second. */
const RECONNECT_MS = { first: 100, max: 1_000 };

/** A connection that broke after so long is opened again at once, in milliseconds. */
const LASTING_MS = 1_000;

const CONNECT_TIMEOUT_MS = 5_000;

/** A server that hangs is noticed: nothing heard for so long while calls are under way, and it is asked for a sign. */
const PING_INTERVAL_MS = 10_000;
const PING_TIMEOUT_MS = 2_000;

/** Where a connection goes. */
export interface Target {
  /** An IP address. */
  ip: string;
  port: number;
  /** As the server is called, host:port: what its certificate is held against. */
  authority: string;
  /** The name a certificate must have; undefined: that of the IP address. */
  name: string | undefined;
  /** undefined: clear text. */
  tls: ClientTls | undefined;
}

/** How a call ended. */
export type Reply =
  { code: typeof STATUS.ok; message: Buffer } | { code: number; details: string; headers: IncomingHttpHeaders };

type Phase = 'connecting' | 'ready' | 'broken' | 'closed';

/**
 * Unary gRPC calls over one HTTP/2 connection, at a fraction of what a full gRPC client costs: no interceptors, no
 * compression, no retries. It is opened at once and again whenever it breaks; a server that says it is leaving
 * (GOAWAY) gets no new calls, and those under way still end.
 */
export class UnaryConnection {
  private phase: Phase = 'connecting';
  private session: ClientHttp2Session | undefined;
  /** Calls that came while it was being opened. */
  private waiting: (() => void)[] = [];
  private failures = 0;
  private underWay = 0;
  private heard = false;
  private reopening: NodeJS.Timeout | undefined;
  private readonly pinging: NodeJS.Timeout;

  constructor(private readonly target: Target) {
    this.pinging = setInterval(() => this.ping(), PING_INTERVAL_MS).unref();
    this.open();
  }

  get isReady(): boolean {
    return this.phase === 'ready';
  }

  /** `deadlineMs`: on the clock of performance.now(). Never rejects, and never later than that. */
  call(path: string, headers: Readonly<Record<string, string>>, message: Buffer, deadlineMs: number): Promise<Reply> {
    return new Promise((resolve) => {
      const call = new Call(resolve, deadlineMs);
      if (this.phase !== 'connecting') return this.start(call, path, headers, message);
      this.waiting.push(() => this.start(call, path, headers, message));
    });
  }

  /** Opens nothing any more; calls under way still end. */
  close(): void {
    const { session, isReady } = this;
    this.phase = 'closed';
    clearInterval(this.pinging);
    clearTimeout(this.reopening);
    if (isReady) session?.close();
    else session?.destroy();
    this.startWaiting();
  }

  private open(): void {
    this.phase = 'connecting';
    const openedMs = performance.now();
    const over = () => {
      clearTimeout(timeout);
      this.lost(session, openedMs);
    };
    const session: ClientHttp2Session = connect(`http://${this.target.authority}`, {
      createConnection: () => {
        const socket = this.connect();
        return socket.on('error', () => {
          socket.destroy(); // else a session stays open whose server refused our certificate
          over();
        });
      },
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
      maxSessionMemory: SESSION_MEMORY_MB_MAX,
    });
    session.unref(); // a call keeps the process alive, a connection does not
    this.session = session;
    const timeout = setTimeout(() => session.destroy(), CONNECT_TIMEOUT_MS).unref();
    // Only now it is known that somebody speaks HTTP/2 there.
    session.once('remoteSettings', () => {
      clearTimeout(timeout);
      if (this.session !== session) return;
      session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
      this.phase = 'ready';
      this.startWaiting();
    });
    session.on('error', () => undefined); // `close` follows
    session.once('goaway', () => this.lost(session, openedMs));
    session.once('close', over);
  }

  private connect(): Socket {
    const { ip: host, port, name, tls } = this.target;
    if (!tls) return connectSocket({ host, port });
    return connectTls({
      host,
      port,
      ...tls,
      ALPNProtocols: ['h2'],
      ...(name === undefined ? {} : { servername: name }),
    });
  }

  private lost(session: ClientHttp2Session, openedMs: number): void {
    if (this.session !== session || this.phase === 'closed') return;
    const lasted = this.phase === 'ready' && performance.now() - openedMs >= LASTING_MS;
    this.failures = lasted ? 0 : this.failures + 1;
    this.session = undefined;
    this.phase = 'broken';
    this.startWaiting();
    if (lasted) return this.open();
    const delayMs = Math.min(RECONNECT_MS.max, RECONNECT_MS.first * 2 ** (this.failures - 1));
    this.reopening = setTimeout(() => this.open(), delayMs).unref();
  }

  private startWaiting(): void {
    for (const start of this.waiting.splice(0)) start();
  }

  private start(call: Call, path: string, headers: Readonly<Record<string, string>>, message: Buffer): void {
    if (call.ended) return; // its time ran out while the connection was being opened
    if (this.phase !== 'ready') return call.fail(STATUS.unavailable, 'the server cannot be reached');
    try {
      const stream = (this.session as ClientHttp2Session).request({
        ...headers,
        ':method': 'POST',
        ':path': path,
        ':authority': this.target.authority,
        'content-type': 'application/grpc+proto',
        te: 'trailers',
        'grpc-timeout': timeoutOf(call.deadlineMs),
      });
      this.underWay += 1;
      stream.once('close', () => {
        this.underWay -= 1;
      });
      stream.once('response', () => {
        this.heard = true;
      });
      call.follow(stream);
      stream.end(framed(message));
    } catch (error) {
      call.fail(STATUS.unavailable, (error as Error).message); // it is just breaking
    }
  }

  private ping(): void {
    const { session, heard } = this;
    this.heard = false;
    if (heard || this.underWay === 0 || !session || session.destroyed || this.phase !== 'ready') return;
    const timeout = setTimeout(() => session.destroy(), PING_TIMEOUT_MS);
    session.ping(() => clearTimeout(timeout));
  }
}

/** One call, from when it is asked to the first thing that ends it. */
class Call {
  ended = false;
  private stream: ClientHttp2Stream | undefined;
  private readonly pieces: Buffer[] = [];
  private bytes = 0;
  private end: IncomingHttpHeaders | undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly resolve: (reply: Reply) => void,
    readonly deadlineMs: number,
  ) {
    const late = () => this.fail(STATUS.deadlineExceeded, 'it did not answer in time');
    this.timer = setTimeout(late, Math.max(0, Math.ceil(deadlineMs - performance.now())));
  }

  follow(stream: ClientHttp2Stream): void {
    this.stream = stream;
    stream.on('response', (headers, flags) => {
      const status = headers[':status'];
      if (status !== 200) this.fail(codeOfHttp(status), `it answered HTTP ${status}`);
      else if (headers['grpc-status'] !== undefined || flags & NGHTTP2_FLAG_END_STREAM) this.end = headers;
    });
    stream.on('trailers', (headers) => (this.end = headers));
    stream.on('data', (piece: Buffer) => this.read(piece));
    stream.on('end', () => this.finish());
    stream.on('error', () => undefined); // `close` follows
    stream.on('close', () => this.finish());
  }

  fail(code: number, details: string, headers: IncomingHttpHeaders = {}): void {
    if (this.settle({ code, details, headers })) this.stream?.close(NGHTTP2_CANCEL);
  }

  private read(piece: Buffer): void {
    this.pieces.push(piece);
    this.bytes += piece.length;
    if (this.bytes <= GRPC_MESSAGE_BYTES_MAX + PREFIX_BYTES) return;
    this.fail(STATUS.resourceExhausted, `its answer is larger than ${GRPC_MESSAGE_BYTES_MAX} bytes`);
  }

  private finish(): void {
    const { end } = this;
    if (!end) return this.fail(STATUS.unavailable, 'the connection broke before the answer was whole');
    const code = Number(end['grpc-status'] ?? STATUS.unknown);
    if (code !== STATUS.ok) return this.fail(code, textOf(end['grpc-message']), end);
    const body = this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces);
    if (body.length < PREFIX_BYTES || body[0] !== 0 || body.readUInt32BE(1) !== body.length - PREFIX_BYTES) {
      return this.fail(STATUS.internal, 'it did not answer with exactly one message that is not compressed');
    }
    this.settle({ code: STATUS.ok, message: body.subarray(PREFIX_BYTES) });
  }

  private settle(reply: Reply): boolean {
    if (this.ended) return false;
    this.ended = true;
    clearTimeout(this.timer);
    this.resolve(reply);
    return true;
  }
}

function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

/** At most eight digits, as gRPC wants it. */
const timeoutOf = (deadlineMs: number): string =>
  `${Math.min(99_999_999, Math.max(1, Math.ceil(deadlineMs - performance.now())))}m`;

const codeOfHttp = (status: number | undefined): number =>
  unavailableStatuses.has(status ?? 0) ? STATUS.unavailable : STATUS.unknown;

/** A failure's text is percent-encoded; one that cannot be read is shown as it is. */
function textOf(message: string | string[] | undefined): string {
  const text = String(message ?? '');
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
