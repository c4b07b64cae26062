import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What Alertmanager, or the monitor itself, posts to a webhook; and Slack's messages. */
export interface Posted {
  path: string;
  key: string;
  body: {
    version: string;
    status: string;
    groupKey: string;
    text: string;
    alerts: { status: string; labels: Record<string, string>; annotations: Record<string, string> }[];
    attachments: { color: string; text: string }[];
  };
}

/** Whoever has the pager: writes down everything that is posted to it. */
export class Pager {
  readonly posted: Posted[] = [];
  private readonly server: Server = createServer(
    (request, response) => void this.take(request).then(() => response.end()),
  );
  url = '';

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  to(path: string): Posted[] {
    return this.posted.filter((post) => post.path === path);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async take(request: IncomingMessage): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const key = String(request.headers['idempotency-key'] ?? '');
    this.posted.push({
      path: request.url ?? '',
      key,
      body: JSON.parse(Buffer.concat(chunks).toString()) as Posted['body'],
    });
  }
}

/** The real Alertmanager, which notifies at once and forgets nothing for as long as it runs. */
export class AlertmanagerProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly dir: string,
    readonly url: string,
  ) {}

  static async start(pagerUrl: string, port = 0): Promise<AlertmanagerProcess> {
    const dir = await mkdtemp(join(tmpdir(), 'vinaigrette-alertmanager-'));
    const config = `
route: { receiver: pager, group_by: ['...'], group_wait: 1s, group_interval: 1s, repeat_interval: 4h }
receivers: [{ name: pager, webhook_configs: [{ url: '${pagerUrl}/alertmanager', send_resolved: true }] }]`;
    await writeFile(join(dir, 'config.yml'), config);
    const child = spawn(process.env.ALERTMANAGER_PATH as string, [
      `--config.file=${join(dir, 'config.yml')}`,
      `--storage.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
      '--log.format=json',
    ]);
    let log = '';
    const address = await new Promise<string>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`Alertmanager ended with ${code}: ${log}`)));
      createInterface(child.stderr).on('line', (line) => {
        log += `${line}\n`;
        const found = /"address":"([^"]+)".*"msg":"Listening on"/.exec(line);
        if (found) resolve(found[1] as string);
      });
    });
    return new AlertmanagerProcess(child, dir, `http://${address}`);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exit = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await exit;
    }
    await rm(this.dir, { recursive: true, force: true });
  }
}
