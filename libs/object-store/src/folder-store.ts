import { constants, createReadStream, type Dirent } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Problem } from '@vinaigrette/problems';
import { checkKey, SCRATCH } from './key.js';
import { ObjectStore, type ObjectFacts, type StagedObject, type WorkFolder } from './object-store.js';
import { orMissing, Scratch, tellFullDisk } from './scratch.js';

const READ_BYTES = 256 * 1024;

/**
 * Files of a folder, their paths the keys. What is not yet whole lies in `scratch/` and comes to its name by rename.
 * Several processes may share the folder. A key cannot be the beginning of another one's path.
 */
export class FolderStore extends ObjectStore {
  private readonly root: string;
  private readonly scratch: Scratch;

  constructor(folder: string) {
    super();
    this.root = resolve(folder);
    this.scratch = new Scratch(join(this.root, SCRATCH));
  }

  async open(): Promise<number> {
    await mkdir(this.root, { recursive: true });
    return this.scratch.open();
  }

  async stage(content: AsyncIterable<Uint8Array> | Uint8Array): Promise<StagedObject> {
    const { path, sizeBytes, sha256 } = await this.scratch.write(content);
    return {
      sizeBytes,
      sha256,
      publish: async (key) => {
        const target = this.pathOf(key);
        try {
          await this.makeFolder(dirname(target));
          await rename(path, target);
        } catch (error) {
          throw tellFullDisk(error);
        }
        await syncFolder(dirname(target));
      },
      discard: () => rm(path, { force: true }),
    };
  }

  async *get(key: string): AsyncIterable<Uint8Array> {
    try {
      yield* createReadStream(this.pathOf(key), { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>;
    } catch (error) {
      throw tellMissing(key, error);
    }
  }

  /** A hard link where the file system has them, a copy where not: a symbolic link would lead out of its folder. */
  async copyOut(key: string, path: string): Promise<void> {
    const source = this.pathOf(key);
    try {
      // EXCL: never through a link into another object, which two paths differing in case alone would else do.
      await link(source, path).catch(() => copyFile(source, path, constants.COPYFILE_EXCL));
    } catch (error) {
      throw tellFullDisk(tellMissing(key, error));
    }
  }

  workFolder(): Promise<WorkFolder> {
    return this.scratch.newFolder();
  }

  async head(key: string): Promise<ObjectFacts | undefined> {
    const found = await stat(this.pathOf(key)).catch(orMissing);
    return found?.isFile() ? { key, sizeBytes: found.size, changedAtMs: found.mtimeMs } : undefined;
  }

  async *list(prefix = ''): AsyncIterable<ObjectFacts> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    if (folder !== '') checkKey(folder.slice(0, -1));
    for await (const key of this.keysBelow(folder)) {
      if (!key.startsWith(prefix)) continue;
      const facts = await this.head(key);
      if (facts) yield facts; // else it was deleted meanwhile
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.pathOf(key);
    await rm(path, { force: true });
    await syncFolder(dirname(path)).catch(orMissing);
  }

  /** `folder`: empty, or with a slash at its end. */
  private async *keysBelow(folder: string): AsyncIterable<string> {
    const entries: Dirent[] = (await readdir(join(this.root, folder), { withFileTypes: true }).catch(orMissing)) ?? [];
    for (const entry of entries) {
      const key = folder + entry.name;
      if (key === SCRATCH) continue;
      if (entry.isDirectory()) yield* this.keysBelow(`${key}/`);
      else if (entry.isFile()) yield key;
    }
  }

  private pathOf(key: string): string {
    checkKey(key);
    return join(this.root, key);
  }

  private async makeFolder(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true });
    if (first === undefined) return;
    for (let made = folder; made !== dirname(first); made = dirname(made)) await syncFolder(dirname(made));
  }
}

/** A name is on disk only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function tellMissing(key: string, error: unknown): unknown {
  if (!['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return error;
  return new Problem('OBJECT_NOT_FOUND', `Nothing is stored under ${key}`, { cause: error });
}
