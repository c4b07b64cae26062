import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../', import.meta.resolve('@vinaigrette/proof/package.json')));

export interface RunningService {
  process: ChildProcess;
  http: string;
  grpcPort: number;
}

/** Starts a built service on free ports and waits until it listens. */
export async function startService(
  name: 'registry' | 'model-server',
  env: Record<string, string>,
): Promise<RunningService> {
  const child = spawn(process.execPath, [join(ROOT, 'services', name, 'dist/src/main.js')], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    const said = JSON.parse(line) as { msg?: string; http: number; grpc: number };
    if (said.msg !== 'listening') continue;
    child.stdout.resume(); // nobody reads on, and nobody should wait for that
    return { process: child, http: `http://127.0.0.1:${said.http}`, grpcPort: said.grpc };
  }
  throw new Error(`${name} ended before it listened:\n${lines.join('\n')}`);
}

export async function stopService({ process: child }: RunningService): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Runs one of the suite's programs with the client of that suite, and answers with the JSON it prints last. */
export async function runProgram(name: string, words: string[], env: Record<string, string>): Promise<unknown> {
  const python = join(process.env.PYTHON_CLIENTS as string, 'mlflow/bin/python');
  const program = join(ROOT, 'proof/conformance/mlflow', name);
  const { stdout } = await promisify(execFile)(python, [program, ...words], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: 'false', ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** Resident memory of a process now, in bytes. Linux only, as the tests are. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
