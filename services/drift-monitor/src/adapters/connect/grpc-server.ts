import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { connectNodeAdapter, type ConnectNodeAdapterOptions } from '@connectrpc/connect-node';

/** gRPC over clear-text HTTP/2. */
export class GrpcServer {
  private readonly server: Http2Server;
  private readonly sessions = new Set<ServerHttp2Session>();

  constructor(options: ConnectNodeAdapterOptions) {
    this.server = createServer(connectNodeAdapter(options));
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

  /** Takes no new calls; resolves when the open ones have ended, and cuts those that last longer. */
  async close(timeoutMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const session of this.sessions) session.close();
    const cut = setTimeout(() => this.sessions.forEach((session) => session.destroy()), timeoutMs);
    await closed;
    clearTimeout(cut);
  }
}
