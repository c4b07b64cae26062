import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ObjectStore } from '@vinaigrette/object-store';
import { leastRecentlyUsed, type Copy } from '../../domain/least-recently-used.js';
import { PART } from './parquet-files.js';

/** What nobody has named for so long was left behind by a process that was killed. */
const ABANDONED_MS = 60 * 60 * 1_000;

/** Who was told of a copy, here or by `GET /v1/archive/files`, has so long to read it. */
const READING_MS = 10 * 60 * 1_000;

export interface CopyLimits {
  /** Of all copies together; passed only by those that may still be read. */
  bytesMax: number;
  now: () => number;
}

/**
 * Where the archive's files lie: in a folder; or in a store of objects, with copies in the folder of those that were
 * written or read here. DuckDB reads files, so what is asked for is fetched whole.
 */
export class ArchiveFiles {
  readonly dir: string;
  private opening: Promise<unknown> | undefined;
  /** By path; none without a store. */
  private readonly copies = new Map<string, Copy>();

  /** `store` absent: the folder is the archive, and nothing in it is a copy. */
  constructor(
    dir: string,
    private readonly store?: ObjectStore,
    private readonly limits: CopyLimits = { bytesMax: Infinity, now: Date.now },
  ) {
    this.dir = resolve(dir);
  }

  /** Makes files that are still PARTs safe, before the transaction that names them. */
  async secure(paths: readonly string[]): Promise<void> {
    for (const path of paths) await (await this.opened())?.put(path, createReadStream(join(this.dir, path + PART)));
  }

  /** Gives files that are named by now their names. */
  async publish(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      await rename(join(this.dir, path + PART), join(this.dir, path));
      await this.use(path);
    }
    await this.makeRoom();
  }

  async remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      this.copies.delete(path);
      for (const end of ['', PART]) await rm(join(this.dir, path + end), { force: true });
      await (await this.opened())?.delete(path);
    }
  }

  /** A file's place on this machine, fetched where it was not here. Throws OBJECT_NOT_FOUND. */
  async here(path: string): Promise<string> {
    const file = join(this.dir, path);
    // Named, and not renamed yet: the same bytes.
    if (!this.store) return existsSync(file) ? file : file + PART;
    if (existsSync(file)) {
      await this.use(path);
      return file;
    }
    const copy = `${file}.${randomUUID()}.fetched${PART}`;
    await mkdir(dirname(file), { recursive: true });
    await (await this.opened())?.copyOut(path, copy);
    await rename(copy, file);
    await this.use(path);
    await this.makeRoom();
    return file;
  }

  /** Ends what a process that was killed had begun, and forgets what others took out of the archive. */
  async recover(named: ReadonlySet<string>): Promise<void> {
    for (const path of named) {
      const [part, file] = [join(this.dir, path + PART), join(this.dir, path)];
      if (!existsSync(file) && existsSync(part)) await rename(part, file);
    }
    const all = await readdir(this.dir, { recursive: true }).catch(() => [] as string[]);
    for (const path of all) {
      const isPart = path.endsWith(PART);
      // In a folder that others write to as well, a whole file without a name may be about to get it.
      const isCopy = this.store !== undefined && path.endsWith('.parquet');
      if (isCopy && named.has(path) && !this.copies.has(path)) await this.find(path);
      if ((isPart && !named.has(path.slice(0, -PART.length))) || (isCopy && !named.has(path))) await this.abandon(path);
    }
    await this.makeRoom();
    const store = await this.opened();
    for await (const { key, changedAtMs } of store?.list() ?? []) {
      if (!named.has(key) && Date.now() - changedAtMs > ABANDONED_MS) await store?.delete(key);
    }
  }

  /** The store, once it has said that it can be used; asked again when it could not. */
  private async opened(): Promise<ObjectStore | undefined> {
    this.opening ??= this.store?.open();
    await this.opening?.catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    });
    return this.store;
  }

  /** A copy that is asked for stays a while; what an earlier process left counts from when it was written. */
  private async use(path: string): Promise<void> {
    if (!this.store) return;
    const usedAtMs = this.limits.now();
    const known = this.copies.get(path);
    if (known) known.usedAtMs = usedAtMs;
    else await this.find(path, usedAtMs);
  }

  private async find(path: string, usedAtMs?: number): Promise<void> {
    const found = await stat(join(this.dir, path)).catch(() => undefined);
    if (found) this.copies.set(path, { path, bytes: found.size, usedAtMs: usedAtMs ?? found.mtimeMs });
  }

  private async makeRoom(): Promise<void> {
    const keepFromMs = this.limits.now() - READING_MS;
    for (const path of leastRecentlyUsed(this.copies.values(), this.limits.bytesMax, keepFromMs)) {
      this.copies.delete(path);
      await rm(join(this.dir, path), { force: true });
    }
  }

  private async abandon(path: string): Promise<void> {
    const file = join(this.dir, path);
    const found = await stat(file).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(file, { force: true });
  }
}
