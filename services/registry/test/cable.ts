import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The way from a registry to its database, which can be cut, frozen and mended. */
export class Cable {
  private server: Server | undefined;
  private frozen = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly target: URL,
    readonly port: number,
  ) {}

  /** A cable that is not plugged in yet: its port refuses. */
  static async to(databaseUrl: string): Promise<Cable> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    return new Cable(new URL(databaseUrl), port);
  }

  get databaseUrl(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${this.port}`;
    return url.href;
  }

  /** Carries again, and lets what was frozen go on. */
  async mend(): Promise<void> {
    this.frozen = false;
    for (const socket of this.sockets) socket.resume();
    if (this.server) return;
    this.server = createServer((near) => this.carry(near)).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Breaks every connection; new ones are refused. */
  cut(): void {
    this.server?.close();
    this.server = undefined;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Connections stay and carry nothing, as when a machine hangs. */
  freeze(): void {
    this.frozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  private carry(near: Socket): void {
    const far = connect(Number(this.target.port || 5_432), this.target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      if (this.frozen) from.pause();
    }
  }
}
