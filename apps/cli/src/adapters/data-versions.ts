import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ObjectStore } from '@vinaigrette/object-store';
import { Problem } from '@vinaigrette/problems';
import { identify } from '@vinaigrette/tables';
import {
  dataKey,
  parsePointer,
  pointerKey,
  storedName,
  type DataPointer,
  type DataReference,
} from '../domain/data-pointer.js';

/** Data under the SHA-256 of its bytes, in a store that may be shared; `folder` holds copies that programs read. */
export class DataVersions {
  constructor(
    private readonly store: ObjectStore,
    private readonly folder: string,
  ) {}

  /** Keeps a file. The same bytes under the same name are kept once. Throws FILE_UNREADABLE. */
  async add(file: string, name: string, addedAt: Date): Promise<DataPointer> {
    const staged = await this.store.stage(createReadStream(file)).catch((cause: Error) => {
      if (cause instanceof Problem) throw cause;
      throw new Problem('FILE_UNREADABLE', `${file} cannot be read: ${cause.message}`, { field: 'file', cause });
    });
    try {
      const { sha256: digest, sizeBytes } = staged;
      const before = await this.pointerAt(pointerKey({ name, digest }));
      if (before) return before;
      const about = { format: 1, name, digest, sizeBytes, file: storedName(path.basename(file)) } as const;
      const pointer = { ...about, addedAt: addedAt.toISOString() };
      await staged.publish(dataKey(pointer));
      await this.store.put(pointerKey(pointer), Buffer.from(JSON.stringify(pointer)));
      return pointer;
    } finally {
      await staged.discard();
    }
  }

  /** The pointer that is meant. Throws DATA_NOT_FOUND when it is none, or more than one. */
  async find(reference: DataReference): Promise<DataPointer> {
    if ('pointer' in reference) return readPointer(reference.pointer);
    const { name, digest } = reference;
    const found = await this.list(`names/${name}/${digest}`);
    const [only, ...others] = found;
    if (only && others.length === 0) return only;
    const how =
      found.length === 0
        ? `There is no ${name}@${digest}`
        : `${found.length} data versions begin with ${name}@${digest}`;
    throw new Problem('DATA_NOT_FOUND', how);
  }

  /** The path of its bytes on this machine, brought here first when they are not. Throws DATA_NOT_FOUND, ARTIFACT_CORRUPT. */
  async bring(pointer: DataPointer): Promise<string> {
    const local = path.join(this.folder, pointer.digest, pointer.file);
    if ((await digestOf(local)) === pointer.digest) return local;
    await mkdir(path.dirname(local), { recursive: true });
    const coming = `${local}.part`;
    try {
      await this.store.copyOut(dataKey(pointer), coming).catch((cause: Error) => {
        if (!(cause instanceof Problem) || cause.code !== 'OBJECT_NOT_FOUND') throw cause;
        throw new Problem('DATA_NOT_FOUND', `The store does not hold ${pointer.name}@${pointer.digest}`, { cause });
      });
      const digest = await digestOf(coming);
      if (digest !== pointer.digest) {
        throw new Problem('ARTIFACT_CORRUPT', `The store holds other bytes for ${pointer.name}: SHA-256 ${digest}`);
      }
      await rename(coming, local);
      return local;
    } finally {
      await rm(coming, { force: true });
    }
  }

  /** Every version whose key begins so, newest first. */
  async list(prefix = 'names/'): Promise<DataPointer[]> {
    const pointers: DataPointer[] = [];
    for await (const { key } of this.store.list(prefix)) pointers.push((await this.pointerAt(key)) as DataPointer);
    return pointers.sort((one, other) => (one.addedAt < other.addedAt ? 1 : -1));
  }

  private async pointerAt(key: string): Promise<DataPointer | undefined> {
    if (!(await this.store.head(key))) return undefined;
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.store.get(key)) chunks.push(chunk);
    return parsePointer(Buffer.concat(chunks).toString(), key);
  }
}

async function readPointer(file: string): Promise<DataPointer> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new Problem('FILE_UNREADABLE', `${file} cannot be read: ${cause.message}`, { field: 'data', cause });
  });
  return parsePointer(text, file);
}

/** SHA-256; undefined: there is no such file. */
async function digestOf(file: string): Promise<string | null | undefined> {
  return identify({ input: file }).then(
    ({ sha256 }) => sha256,
    () => undefined,
  );
}
