import { createSecureServer, createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { connectNodeAdapter, type ConnectNodeAdapterOptions } from '@connectrpc/connect-node';
import type { ServerTls } from './tls.js';

/** After so long without a byte the system asks whether a caller is still there, so that the dead do not pile up. */
const KEEP_ALIVE_MS = 30_000;

/** What may wait on one connection for a caller that reads slowly; Node's 10 MB is a handful of watchers of a large state. */
const SESSION_MEMORY_MB_MAX = 64;

/** gRPC over HTTP/2, in clear text or over TLS. */
export class GrpcServer {
  private readonly server: Http2Server;
  private readonly sessions = new Set<ServerHttp2Session>();

  constructor(options: ConnectNodeAdapterOptions, tls?: ServerTls) {
    const [settings, handler] = [{ maxSessionMemory: SESSION_MEMORY_MB_MAX }, connectNodeAdapter(options)];
    this.server = tls ? createSecureServer({ ...settings, ...tls }, handler) : createServer(settings, handler);
    this.server.on('connection', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
    this.server.on('session', (session) => {
      this.sessions.add(session);
      session.once('close', () => this.sessions.delete(session));
      session.on('error', () => session.destroy()); // a caller's broken connection is no news
    });
  }

  /** Answers the port: the one asked for, or any free one for 0. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => resolve((this.server.address() as AddressInfo).port));
    });
  }

  /** Takes no new calls; resolves when the open ones have ended. */
  async drain(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const session of this.sessions) session.close();
    await closed;
  }

  /** Cuts what is still open. */
  cut(): void {
    for (const session of this.sessions) session.destroy();
  }
}
