import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';

/**
 * What a process knows and how far it has come, in one file: what `read` answers is what the last `write` that resolved
 * was given, whatever was killed since. Nobody else writes it.
 */
export class StateFile<State> {
  constructor(readonly file: string) {}

  /** undefined: there is none yet. */
  async read(): Promise<State | undefined> {
    try {
      return JSON.parse(await readFile(this.file, 'utf8')) as State;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Takes the state as it is now, and resolves when a power cut cannot undo it. */
  async write(state: State): Promise<void> {
    const text = JSON.stringify(state);
    const folder = path.dirname(this.file);
    await mkdir(folder, { recursive: true });
    const handle = await open(`${this.file}.part`, 'w');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${this.file}.part`, this.file);
    await syncFolder(folder);
  }
}

/** A rename is durable when its folder is; Windows has no such call and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
