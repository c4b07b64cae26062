import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/**
 * Serves `/metrics` in Prometheus' text form until it is closed: how a process of its own is doing. `figures` is asked at
 * each scrape, and answers numbers by what they count.
 */
export async function serveMetrics(
  name: string,
  { host, port }: { host: string; port: number },
  figures: () => Record<string, number>,
): Promise<{ port: number; close: () => Promise<void> }> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: `vinaigrette_${name}`,
    help: `What the ${name} has met and holds, by what is counted`,
    labelNames: ['what'],
    registers: [registry],
    collect() {
      for (const [what, value] of Object.entries(figures())) this.set({ what }, value);
    },
  });
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') return void response.writeHead(404).end();
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  }).listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((done) => server.close(() => done())),
  };
}
