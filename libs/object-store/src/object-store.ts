import { checkKey } from './key.js';

/** What is known of an object without reading it. */
export interface ObjectFacts {
  key: string;
  sizeBytes: number;
  /** When it was put last, milliseconds since the epoch, by the clock of whoever keeps it. */
  changedAtMs: number;
}

/** Bytes that are here, whole and hashed, and not yet to be seen under any key. */
export interface StagedObject {
  sizeBytes: number;
  /** Lower-case hex. */
  sha256: string;
  /** Makes them the object of that key, at once and whole; an older object of the key is replaced. */
  publish(key: string): Promise<void>;
  /** Forgets them. After `publish` it does nothing. */
  discard(): Promise<void>;
}

/** A folder for a while, on the disk of this machine. */
export interface WorkFolder {
  path: string;
  remove(): Promise<void>;
}

/**
 * Bytes under keys: words of `A-Z a-z 0-9 . _ = -` with slashes between them, never `scratch/...`. A key is never seen
 * with half its bytes, and what was acknowledged survives a crash. Nothing says that the bytes are still those that
 * were put: who must know compares their SHA-256. Throws UPSTREAM_UNAVAILABLE when the keeper does not answer and
 * STORAGE_FULL.
 */
export abstract class ObjectStore {
  /** Makes ready. Answers how many halves that dead processes left were removed. */
  abstract open(): Promise<number>;
  /** Takes bytes whose key is not known before they are: one named by its digest. Publish or discard what it answers. */
  abstract stage(content: AsyncIterable<Uint8Array> | Uint8Array): Promise<StagedObject>;
  /** Its bytes in chunks. Throws OBJECT_NOT_FOUND when the first is asked for. */
  abstract get(key: string): AsyncIterable<Uint8Array>;
  /** Makes a file of it, for programs that open files. Nobody may write to it. Throws OBJECT_NOT_FOUND. */
  abstract copyOut(key: string, path: string): Promise<void>;
  /** An empty folder to copy objects out to; removed by a later `open` when this process dies first. */
  abstract workFolder(): Promise<WorkFolder>;
  abstract head(key: string): Promise<ObjectFacts | undefined>;
  /** Every object whose key begins with the prefix, in no particular order. */
  abstract list(prefix?: string): AsyncIterable<ObjectFacts>;
  /** Does nothing when there is none. */
  abstract delete(key: string): Promise<void>;

  /** All or nothing, as `StagedObject.publish`. */
  async put(
    key: string,
    content: AsyncIterable<Uint8Array> | Uint8Array,
  ): Promise<{ sizeBytes: number; sha256: string }> {
    checkKey(key);
    const staged = await this.stage(content);
    try {
      await staged.publish(key);
    } finally {
      await staged.discard();
    }
    return { sizeBytes: staged.sizeBytes, sha256: staged.sha256 };
  }
}
