import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Problem } from '@vinaigrette/problems';
import type { WorkFolder } from './object-store.js';
import { isAbandoned, scratchName } from './scratch-name.js';

const READ_ONLY = 0o444;
const OWNER_ONLY = 0o700;

/** A file that is on disk, whole. */
export interface StagedFile {
  path: string;
  sizeBytes: number;
  sha256: string;
}

/** A folder of files that are being written. Several processes, on several machines, may share it. */
export class Scratch {
  constructor(readonly folder: string) {}

  /** Makes the folder, and removes what processes that died left in it. Answers how many of those there were. */
  async open(): Promise<number> {
    await mkdir(this.folder, { recursive: true, mode: OWNER_ONLY });
    const me = { host: hostname(), pid: process.pid };
    let removed = 0;
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      const found = await stat(path).catch(orMissing);
      if (!found || !isAbandoned(name, Date.now() - found.mtimeMs, me, isAlive)) continue;
      await rm(path, { recursive: true, force: true });
      removed += 1;
    }
    return removed;
  }

  async newFolder(): Promise<WorkFolder> {
    const path = this.newPath();
    await mkdir(path, { mode: OWNER_ONLY }).catch((error) => {
      throw tellFullDisk(error);
    });
    return { path, remove: () => rm(path, { recursive: true, force: true }) };
  }

  /** Writes, hashes and syncs; leaves nothing behind when the content breaks off. */
  async write(content: AsyncIterable<Uint8Array> | Uint8Array): Promise<StagedFile> {
    const path = this.newPath();
    const hash = createHash('sha256');
    let sizeBytes = 0;
    try {
      const file = await open(path, 'wx', READ_ONLY);
      try {
        for await (const chunk of content instanceof Uint8Array ? [content] : content) {
          sizeBytes += chunk.byteLength;
          hash.update(chunk);
          await file.writeFile(chunk); // from where the last one ended, and whole
        }
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      await rm(path, { force: true });
      throw tellFullDisk(error);
    }
    return { path, sizeBytes, sha256: hash.digest('hex') };
  }

  private newPath(): string {
    return join(this.folder, scratchName({ host: hostname(), pid: process.pid }, randomUUID()));
  }
}

/** For `.catch`: undefined when there is no such file. */
export function orMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}

export function tellFullDisk(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EFBIG') return error;
  return new Problem('STORAGE_FULL', 'The bytes could not be written: no space left', { cause: error });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
