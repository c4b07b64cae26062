import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));

export interface Answer {
  status: number;
  type: string;
  body: Body;
}
/** Any answer's JSON, as far as the tests look into it; `text` where it is no JSON. */
export type Body = Record<string, unknown> & {
  models: { versions: unknown[] }[];
  alerts: unknown[];
  features: { name: string; psi: number }[];
  text: string;
};

/** The service as it is deployed: a process of its own. `tsc -b` must have run. */
export class MonitorProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly archiveDir: string,
    readonly http: number,
    readonly grpc: number,
    readonly log: Record<string, unknown>[],
  ) {}

  static async start(environment: Record<string, string>): Promise<MonitorProcess> {
    const archiveDir = await mkdtemp(join(tmpdir(), 'vinaigrette-archive-'));
    const defaults = { MONITOR_HTTP_PORT: '0', MONITOR_GRPC_PORT: '0', ARCHIVE_DIR: archiveDir };
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env.PATH, ...defaults, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log: Record<string, unknown>[] = [];
    let stderr = '';
    child.stderr!.on('data', (data) => (stderr += String(data)));
    const ports = await new Promise<{ http: number; grpc: number }>((resolve, reject) => {
      child.once('exit', (code) =>
        reject(new Error(`the monitor ended with ${code}: ${stderr}${JSON.stringify(log)}`)),
      );
      createInterface(child.stdout!).on('line', (line) => {
        const entry = JSON.parse(line) as { msg: string; http: number; grpc: number };
        log.push({ ...entry });
        if (entry.msg === 'listening') resolve(entry);
      });
    });
    return new MonitorProcess(child, archiveDir, ports.http, ports.grpc, log);
  }

  async get(path: string): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${this.http}${path}`);
    const [text, type] = [await response.text(), response.headers.get('content-type') ?? ''];
    return {
      status: response.status,
      type,
      body: type.includes('json') ? (JSON.parse(text) as Body) : ({ text } as Body),
    };
  }

  /** Stops it where it is, in the middle of whatever it does, as a machine that is suspended; or lets it go on. */
  freeze(isFrozen: boolean): void {
    this.child.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Ends it, and answers its exit code; null: it was killed. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exit = once(this.child, 'exit');
      this.child.kill(signal);
      await exit;
    }
    await rm(this.archiveDir, { recursive: true, force: true });
    return this.child.exitCode;
  }
}

/** Waits until the check passes; its last failure is thrown when it never does. */
export async function eventually(check: () => Promise<void>, timeoutMs = 60_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; ;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
