import { fork, type ChildProcess } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@vinaigrette/edge';
import { Problem } from '@vinaigrette/problems';
import { Inspector, type Inspection } from '../../inspector.js';
import { OVER_MEMORY, OVER_TIME, type Limits } from './limits.js';
import { reportSchema } from './report.js';

const PROGRAM = fileURLToPath(new URL('./inspection-process.js', import.meta.url));

/**
 * Inspects each set of files in a process of its own: a graph that crashes, hangs or eats memory takes that process
 * with it and nothing else. At most `atOnceMax` run at the same time; the others wait in line.
 */
export class ProcessInspector extends Inspector {
  private closed = false;
  private running = 0;
  private readonly line: (() => void)[] = [];
  private readonly children = new Set<ChildProcess>();

  constructor(
    private readonly limits: Limits,
    private readonly atOnceMax: number,
    private readonly logger: Logger,
  ) {
    super();
  }

  async inspect(folder: string): Promise<Inspection> {
    if (this.running >= this.atOnceMax) await new Promise<void>((next) => this.line.push(next));
    else this.running += 1;
    try {
      return await this.run(folder);
    } finally {
      const next = this.line.shift();
      if (next) next();
      else this.running -= 1;
    }
  }

  /** Ends what is running; those calls fail. */
  close(): void {
    this.closed = true;
    for (const child of this.children) child.kill('SIGKILL');
  }

  private async run(folder: string): Promise<Inspection> {
    const child = fork(PROGRAM, [folder, JSON.stringify(this.limits), String(process.pid)], {
      env: {}, // the graph is a stranger's: it gets no passwords
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'json',
    });
    this.children.add(child);
    try {
      const said = text(child.stderr as Readable);
      let message: unknown;
      child.once('message', (sent) => (message = sent));
      const signal = await new Promise<string | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (_code, killedBy) => resolve(killedBy));
      });
      return this.conclude(message, signal, await said);
    } finally {
      this.children.delete(child);
    }
  }

  private conclude(message: unknown, signal: string | null, said: string): Inspection {
    const { data: report } = reportSchema.safeParse(message);
    if (report && 'inspection' in report) return report.inspection;
    if (this.closed) throw new Problem('UPSTREAM_UNAVAILABLE', 'This registry is stopping');
    const last = said.trim().slice(-2_000);
    if (last !== '') this.logger.warn({ said: last }, 'an inspection failed');
    if (report) throw new Problem(report.problem.code, report.problem.message, { field: report.problem.field });
    if (said.includes(OVER_TIME)) {
      throw new Problem('MODEL_INVALID', `The model did not load and answer within ${this.limits.timeoutMs} ms`);
    }
    if (said.includes(OVER_MEMORY)) {
      throw new Problem('MODEL_INVALID', `The model needed more than ${this.limits.memoryBytesMax} bytes of memory`);
    }
    throw new Problem('MODEL_INVALID', `The process that ran the model died${signal ? ` of ${signal}` : ''}`);
  }
}
