import { spawn } from 'node:child_process';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

export const root = path.resolve(import.meta.dirname, '..');
/** A program that npm installed at the root. */
export const installed = (name) => path.join(root, 'node_modules/.bin', name);

const running = new Set();

/**
 * Runs a program to its end and answers with its exit status and what it printed; `show` prints it as it comes, `onText` is told.
 * Each runs in a process group of its own, so that `endRunning` ends what it started too.
 */
export function run(program, words, { cwd = root, env = {}, show = false, onText } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      cwd,
      detached: process.platform !== 'win32',
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    let text = '';
    for (const [stream, screen] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      stream.setEncoding('utf8');
      stream.on('data', (chunk) => {
        text += chunk;
        onText?.(chunk);
        // nx makes its tasks colour their output, also when it goes to a file
        if (show) screen.write(screen.isTTY ? chunk : stripVTControlCharacters(chunk));
      });
    }
    child.on('error', reject);
    child.on('close', (status) => {
      running.delete(child);
      resolve({ status, text });
    });
  });
}

/** Ends every program that `run` is still waiting for, with all that it started. */
export async function endRunning() {
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    for (const child of running) signalGroup(child, signal);
    for (let waited = 0; running.size > 0 && waited < 5_000; waited += 100) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function signalGroup(child, signal) {
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  } catch {
    // gone by itself
  }
}

/** The first of these programs on PATH, as an absolute path. */
export async function onPath(names) {
  const { access, constants } = await import('node:fs/promises');
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(path.delimiter).filter(Boolean)) {
      const file = path.join(folder, name);
      const usable = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (usable) return file;
    }
  }
  return undefined;
}
