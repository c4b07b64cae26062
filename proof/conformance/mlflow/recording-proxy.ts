import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands between a client and the registry, changes nothing, and keeps what was called: "METHOD path status". */
export class RecordingProxy {
  readonly calls = new Set<string>();

  private constructor(private readonly server: Server) {}

  static async to(target: string): Promise<RecordingProxy> {
    const server = createServer();
    const proxy = new RecordingProxy(server);
    server.on('request', (near: IncomingMessage, answer: ServerResponse) => {
      const { method = '', url = '', headers } = near;
      const far = request(new URL(url, target), { method, headers }, (response) => {
        proxy.calls.add(`${method} ${templateOf(url)} ${response.statusCode}`);
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      });
      far.on('error', () => answer.destroy());
      near.pipe(far);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** The path with what differs from run to run by its name. */
function templateOf(url: string): string {
  return (url.split('?')[0] ?? '')
    .replace(/(mlflow-artifacts\/artifacts\/).+/, '$1{path}')
    .replace(/\/m-[0-9a-f]{32}/, '/{model_id}');
}
