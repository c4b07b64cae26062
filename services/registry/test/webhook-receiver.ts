import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  id: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** Parsed from the body. */
  event: { type: string; timestamp: string; data: Record<string, unknown> };
}

/** Somebody's server that webhooks are posted to. */
export class WebhookReceiver {
  readonly received: Received[] = [];
  /** What it answers with; 0: it hangs up. */
  status = 204;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const id = String(request.headers['webhook-id']);
        this.received.push({ id, headers: request.headers, body, event: JSON.parse(body) as Received['event'] });
        if (this.status === 0) return void request.socket.destroy();
        response.writeHead(this.status, { location: `${this.url}/elsewhere` }).end();
      });
    });
  }

  static async open(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    await new Promise<void>((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hooks`;
  }

  of(type: string): Received[] {
    return this.received.filter(({ event }) => event.type === type);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** As a receiver checks a message by the book: https://www.standardwebhooks.com */
export function isSigned({ headers, body }: Received, secret: string): boolean {
  const content = `${headers['webhook-id'] as string}.${headers['webhook-timestamp'] as string}.${body}`;
  const bytes = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = `v1,${createHmac('sha256', bytes).update(content).digest('base64')}`;
  return String(headers['webhook-signature']).split(' ').includes(expected);
}
