import { connect, type ClientHttp2Session } from 'node:http2';
import { connect as connectSocket, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ClientTls } from '@vinaigrette/edge';
import { framed, STATUS, timeoutOf, UnaryCall, type Reply } from './unary-call.js';

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
      const call = new UnaryCall(resolve, deadlineMs);
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

  private start(call: UnaryCall, path: string, headers: Readonly<Record<string, string>>, message: Buffer): void {
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
