import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Whether a process of this id lives, whoever it belongs to. One that has ended, but was not yet reaped, does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Whether the living process of this id is one that runs `script`: an id in a file may be somebody else's by now. */
export async function runsScript(pid: number, script: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const command =
    process.platform === 'linux'
      ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      : await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).then(
          ({ stdout }) => stdout,
          () => '',
        );
  return command.includes(script);
}

/**
 * Ends a process and what it started: SIGTERM to its group, SIGKILL when it has not gone after `timeoutMs`. Answers
 * with the signal that did it.
 */
export async function endGroup(pid: number, timeoutMs: number): Promise<NodeJS.Signals> {
  signalGroup(pid, 'SIGTERM');
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += 25) {
    if (!isAlive(pid)) return 'SIGTERM';
    await sleep(25);
  }
  signalGroup(pid, 'SIGKILL');
  while (isAlive(pid)) await sleep(25);
  return 'SIGKILL';
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // gone by itself
  }
}
