import { execFile, spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Problem } from '@vinaigrette/problems';
import { identify } from '@vinaigrette/tables';

/** The commit of a folder; undefined: no repository, or no git. */
export async function commitOf(root: string): Promise<string | undefined> {
  try {
    return (await promisify(execFile)('git', ['rev-parse', 'HEAD'], { cwd: root })).stdout.trim();
  } catch {
    return undefined;
  }
}

/** Runs the words in the folder, shows what they say, and waits. Throws FILE_UNREADABLE when they cannot be run or fail. */
export async function runWords([program = '', ...words]: readonly string[], root: string): Promise<void> {
  const child = spawn(program, words, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const status = await new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => resolve(code ?? signal ?? 'lost'));
  });
  if (status === 0) return;
  const said = [program, ...words].join(' ').replaceAll(/(?<=:\/\/)[^@\s]+@/g, ''); // nobody else's password
  throw new Problem('FILE_UNREADABLE', `${said} failed: ${status}`);
}

/** SHA-256 of every file below the folder, by relative path with forward slashes. */
export async function digestsBelow(folder: string): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    digests.set(path.relative(folder, file).split(path.sep).join('/'), (await identify({ input: file })).sha256 ?? '');
  }
  return digests;
}
