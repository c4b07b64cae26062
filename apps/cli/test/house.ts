import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../src/config.js';
import { portVariables } from '../src/index.js';

const main = path.join(root, 'apps/cli/dist/src/main.js');

/** `vinaigrette start` on ports of its own choice and an empty environment. Needs `tsc -b` first. */
export class StartedHouse {
  output = '';
  private readonly child: ChildProcess;

  constructor(
    readonly stateDir: string,
    env: Record<string, string> = {},
  ) {
    const anyPorts = Object.fromEntries(Object.keys(portVariables).map((variable) => [variable, '0']));
    this.child = spawn(process.execPath, [main, 'start'], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, STATE_DIR: stateDir, ...anyPorts, ...env },
    });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /** Resolves when it has printed this; rejects with everything it printed when it ends before. */
  async prints(text: string | RegExp): Promise<void> {
    const printed = () => (typeof text === 'string' ? this.output.includes(text) : text.test(this.output));
    while (!printed()) {
      if (this.ended) throw new Error(`It ended without printing ${String(text)}:\n${this.output}`);
      await sleep(50);
    }
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Sends a signal and answers with the exit status. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.ended) return this.child.exitCode;
    this.child.kill(signal);
    await once(this.child, 'close');
    return this.child.exitCode;
  }

  async exit(): Promise<number | null> {
    if (!this.ended) await once(this.child, 'close');
    return this.child.exitCode;
  }

  pidOf(service: string): number {
    return Number(readFileSync(path.join(this.stateDir, 'run', `${service}.pid`), 'utf8'));
  }

  get postmasterPid(): number {
    return Number(readFileSync(path.join(this.stateDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
  }

  /** The address a line of the screen names. */
  url(service: string): string {
    return new RegExp(`^  ${service} +(http://\\S+)`, 'm').exec(this.output)?.[1] ?? '';
  }

  grpc(service: string): string {
    return new RegExp(`^  ${service} .* grpc (\\S+)`, 'm').exec(this.output)?.[1] ?? '';
  }
}

/** Runs the command to its end, as a person would. */
export async function vinaigrette(
  words: string[],
  env: Record<string, string>,
): Promise<{ status: number; text: string }> {
  const child = spawn(process.execPath, [main, ...words], { env: { PATH: process.env.PATH, ...env } });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number];
  return { status, text };
}
