import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream, type Stats } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Problem } from '@vinaigrette/problems';
import { Artifacts, type KeptArtifact, type LaidOutFolder } from '../../artifacts.js';
import { isAbandoned, scratchName } from './scratch-name.js';

const READ_BYTES = 256 * 1024;
const READ_ONLY = 0o444;

/**
 * A folder of files named by their SHA-256: `sha256/ab/abcd...`. What is not yet whole lies in `scratch/`, and comes to
 * its name by rename, so a name is never seen with half its bytes. Several registries may share the folder.
 */
export class FolderArtifacts extends Artifacts {
  private readonly root: string;
  private readonly scratch: string;

  constructor(
    folder: string,
    private readonly bytesMax: number,
  ) {
    super();
    this.root = resolve(folder);
    this.scratch = join(this.root, 'scratch');
  }

  /** Makes the folder, and removes what processes that died left half done. Answers how many of those there were. */
  async open(): Promise<number> {
    await mkdir(this.scratch, { recursive: true });
    const me = { host: hostname(), pid: process.pid };
    let removed = 0;
    for (const name of await readdir(this.scratch)) {
      const path = join(this.scratch, name);
      const found = await stat(path).catch(orMissing);
      if (!found || !isAbandoned(name, Date.now() - found.mtimeMs, me, isAlive)) continue;
      await rm(path, { recursive: true, force: true });
      removed += 1;
    }
    return removed;
  }

  async keep(chunks: AsyncIterable<Uint8Array>): Promise<KeptArtifact> {
    const temporary = this.newScratch();
    try {
      const kept = await this.write(temporary, chunks);
      const path = this.pathOf(kept.sha256);
      await this.makeShard(dirname(path));
      await rename(temporary, path);
      await syncFolder(dirname(path));
      return kept;
    } catch (error) {
      await rm(temporary, { force: true });
      throw tellFullDisk(error);
    }
  }

  async sizeOf(sha256: string): Promise<bigint | undefined> {
    const found = await stat(this.pathOf(sha256)).catch(orMissing);
    return found && BigInt(found.size);
  }

  async *read(sha256: string): AsyncIterable<Uint8Array> {
    if ((await this.sizeOf(sha256)) === undefined) {
      throw new Problem('ARTIFACT_NOT_FOUND', `No artefact has SHA-256 ${sha256}`, { field: 'sha256' });
    }
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(this.pathOf(sha256), { highWaterMark: READ_BYTES })) {
      hash.update(chunk as Buffer);
      yield chunk as Buffer;
    }
    const actual = hash.digest('hex');
    if (actual !== sha256) {
      throw new Problem('ARTIFACT_CORRUPT', `The bytes kept under ${sha256} have SHA-256 ${actual}`, {
        field: 'sha256',
      });
    }
  }

  /** Hard links where the file system has them, and copies where not: symbolic links would lead out of the folder. */
  async layOut(files: readonly { path: string; sha256: string }[]): Promise<LaidOutFolder> {
    const path = this.newScratch();
    const remove = () => rm(path, { recursive: true, force: true });
    try {
      await mkdir(path);
      for (const file of files) {
        const target = join(path, file.path);
        await mkdir(dirname(target), { recursive: true });
        const source = this.pathOf(file.sha256);
        // EXCL: never through a link into another artefact, which two paths differing in case alone would else do.
        await link(source, target).catch(() => copyFile(source, target, constants.COPYFILE_EXCL));
      }
      return { path, remove };
    } catch (error) {
      await remove();
      throw tellFullDisk(error);
    }
  }

  private async write(temporary: string, chunks: AsyncIterable<Uint8Array>): Promise<KeptArtifact> {
    const hash = createHash('sha256');
    let size = 0;
    const file = await open(temporary, 'wx', READ_ONLY);
    try {
      for await (const chunk of chunks) {
        size += chunk.byteLength;
        if (size > this.bytesMax) {
          throw new Problem('BODY_TOO_LARGE', `An artefact has at most ${this.bytesMax} bytes`, { field: 'chunk' });
        }
        hash.update(chunk);
        await file.writeFile(chunk); // from where the last one ended, and whole
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return { sha256: hash.digest('hex'), sizeBytes: BigInt(size) };
  }

  private async makeShard(shard: string): Promise<void> {
    const made = await mkdir(shard, { recursive: true });
    if (made === undefined) return;
    await syncFolder(dirname(shard));
    await syncFolder(this.root);
  }

  private pathOf(sha256: string): string {
    return join(this.root, 'sha256', sha256.slice(0, 2), sha256);
  }

  private newScratch(): string {
    return join(this.scratch, scratchName({ host: hostname(), pid: process.pid }, randomUUID()));
  }
}

/** A rename is on disk only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function orMissing(error: NodeJS.ErrnoException): Stats | undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

function tellFullDisk(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EFBIG') return error;
  return new Problem('STORAGE_FULL', 'The artefact could not be written: no space left', { cause: error });
}
