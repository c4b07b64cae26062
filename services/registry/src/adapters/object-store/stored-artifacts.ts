import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ObjectFacts, ObjectStore, WorkFolder } from '@vinaigrette/object-store';
import { Problem } from '@vinaigrette/problems';
import { Artifacts, type KeptArtifact } from '../../artifacts.js';
import type { StoredArtifact } from '../../domain/decide-garbage.js';

/** Objects named by their SHA-256, `sha256/ab/abcd...`, in a folder or in S3. Several registries may share the store. */
export class StoredArtifacts extends Artifacts {
  constructor(
    private readonly store: ObjectStore,
    private readonly bytesMax: number,
  ) {
    super();
  }

  async keep(chunks: AsyncIterable<Uint8Array>): Promise<KeptArtifact> {
    const staged = await this.store.stage(this.limited(chunks));
    try {
      await staged.publish(keyOf(staged.sha256));
    } finally {
      await staged.discard();
    }
    return { sha256: staged.sha256, sizeBytes: BigInt(staged.sizeBytes) };
  }

  async sizeOf(sha256: string): Promise<bigint | undefined> {
    const found = await this.find(sha256);
    return found && BigInt(found.sizeBytes);
  }

  async find(sha256: string): Promise<StoredArtifact | undefined> {
    const found = await this.store.head(keyOf(sha256));
    return found && storedOf(found);
  }

  async *list(): AsyncIterable<StoredArtifact> {
    for await (const facts of this.store.list('sha256/')) yield storedOf(facts);
  }

  remove(sha256: string): Promise<void> {
    return this.store.delete(keyOf(sha256));
  }

  async *read(sha256: string): AsyncIterable<Uint8Array> {
    const hash = createHash('sha256');
    try {
      for await (const chunk of this.store.get(keyOf(sha256))) {
        hash.update(chunk);
        yield chunk;
      }
    } catch (error) {
      throw tellMissing(sha256, error);
    }
    const actual = hash.digest('hex');
    if (actual !== sha256) {
      throw new Problem('ARTIFACT_CORRUPT', `The bytes kept under ${sha256} have SHA-256 ${actual}`, {
        field: 'sha256',
      });
    }
  }

  async layOut(files: readonly { path: string; sha256: string }[]): Promise<WorkFolder> {
    const folder = await this.store.workFolder();
    try {
      for (const { path, sha256 } of files) {
        const target = join(folder.path, path);
        await mkdir(dirname(target), { recursive: true });
        await this.store.copyOut(keyOf(sha256), target).catch((error) => {
          throw tellMissing(sha256, error);
        });
      }
      return folder;
    } catch (error) {
      await folder.remove();
      throw error;
    }
  }

  private async *limited(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    let size = 0;
    for await (const chunk of chunks) {
      size += chunk.byteLength;
      if (size > this.bytesMax) {
        throw new Problem('BODY_TOO_LARGE', `An artefact has at most ${this.bytesMax} bytes`, { field: 'chunk' });
      }
      yield chunk;
    }
  }
}

const storedOf = ({ key, sizeBytes, changedAtMs }: ObjectFacts): StoredArtifact => ({
  sha256: key.slice(key.lastIndexOf('/') + 1),
  sizeBytes,
  changedAtMs,
});

const keyOf = (sha256: string): string => `sha256/${sha256.slice(0, 2)}/${sha256}`;

function tellMissing(sha256: string, error: unknown): unknown {
  if (!(error instanceof Problem) || error.code !== 'OBJECT_NOT_FOUND') return error;
  return new Problem('ARTIFACT_NOT_FOUND', `No artefact has SHA-256 ${sha256}`, { field: 'sha256', cause: error });
}
