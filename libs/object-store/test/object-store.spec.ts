import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeWith } from '../../../tools/real-part.mjs';
import { FolderStore, openObjectStore, S3Store, type ObjectFacts, type ObjectStore } from '../src/index.js';
import { startMoto, type Moto } from '../src/moto.js';

const MIB = 2 ** 20;
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function* inChunks(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function read(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

async function listed(store: ObjectStore, prefix?: string): Promise<string[]> {
  const found: ObjectFacts[] = [];
  for await (const facts of store.list(prefix)) found.push(facts);
  return found.map(({ key }) => key).sort();
}

/** What every store promises. `open` answers with an empty one and the folder of what is not yet whole. */
function keepsItsPromises(open: (folder: string) => Promise<{ store: ObjectStore; scratch: string }>): void {
  let folder: string;
  let store: ObjectStore;
  let scratch: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vinaigrette-objects-'));
    ({ store, scratch } = await open(folder));
    await store.open();
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([0, 1, 1_000, 5 * MIB + 1])('gives back %d bytes as they were put', async (size) => {
    const bytes = randomBytes(size);
    expect(await store.put(`sizes/${size}`, inChunks(bytes, 70_000))).toEqual({
      sizeBytes: size,
      sha256: sha256Of(bytes),
    });
    expect((await read(store.get(`sizes/${size}`))).equals(bytes)).toBe(true);
    expect(await store.head(`sizes/${size}`)).toMatchObject({ key: `sizes/${size}`, sizeBytes: size });
    expect(await readdir(scratch)).toEqual([]);
  });

  it('makes a file of an object in a folder for a while, which nobody may write to', async () => {
    await store.put('a/file.onnx', Buffer.from('a graph'));
    const work = await store.workFolder();
    const path = join(work.path, 'copied.onnx');
    await store.copyOut('a/file.onnx', path);
    expect(await readFile(path, 'utf8')).toBe('a graph');
    expect((await stat(path)).mode & 0o222).toBe(0);
    await expect(store.copyOut('a/file.onnx', path)).rejects.toThrow(/EEXIST/);
    await work.remove();
    expect(await readdir(scratch)).toEqual([]);
  });

  it('replaces an object whole', async () => {
    await store.put('again', Buffer.from('the first'));
    await store.put('again', Buffer.from('2nd'));
    expect((await read(store.get('again'))).toString()).toBe('2nd');
  });

  it('keeps nothing of content that breaks off, neither under the key nor aside', async () => {
    async function* broken() {
      yield randomBytes(MIB);
      throw new Error('the caller is gone');
    }
    await expect(store.put('broken', broken())).rejects.toThrow('the caller is gone');
    expect(await store.head('broken')).toBeUndefined();
    expect(await readdir(scratch)).toEqual([]);
  });

  it('shows nothing of what is staged until it is published under a name made of its digest', async () => {
    const staged = await store.stage(Buffer.from('named by its digest'));
    expect(staged.sha256).toBe(sha256Of(Buffer.from('named by its digest')));
    expect(await listed(store, 'digests/')).toEqual([]);
    await staged.publish(`digests/${staged.sha256}`);
    await staged.discard();
    expect(await listed(store, 'digests/')).toEqual([`digests/${staged.sha256}`]);
  });

  it('lists by prefix, also within a name, and more than a page', async () => {
    const keys = Array.from({ length: 45 }, (_, index) => `many/day=${String(index).padStart(4, '0')}/part.parquet`);
    await Promise.all(keys.map((key) => store.put(key, Buffer.from('x'))));
    expect(await listed(store, 'many/')).toEqual(keys);
    expect(await listed(store, 'many/day=000')).toEqual(keys.slice(0, 10));
    expect(await listed(store, 'nothing/')).toEqual([]);
    expect(await listed(store)).toEqual(expect.arrayContaining(['again', ...keys]));
  });

  it('deletes, also what is not there', async () => {
    await store.put('gone/soon', Buffer.from('x'));
    await store.delete('gone/soon');
    await store.delete('gone/soon');
    await store.delete('never/was');
    expect(await store.head('gone/soon')).toBeUndefined();
    await expect(read(store.get('gone/soon'))).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    await expect(store.copyOut('gone/soon', join(folder, 'gone'))).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
  });

  it('lets fifty writers of one key each win or lose whole', async () => {
    const bodies = Array.from({ length: 50 }, (_, index) => Buffer.alloc(10_000 + index, index));
    await Promise.all(bodies.map((body) => store.put('raced', body)));
    const found = await read(store.get('raced'));
    expect(bodies.some((body) => body.equals(found))).toBe(true);
  });

  it('says what an object is before it was changed, and after', async () => {
    const before = Date.now();
    await store.put('clock', Buffer.from('x'));
    const { changedAtMs } = (await store.head('clock')) as ObjectFacts;
    expect(Math.abs(changedAtMs - before)).toBeLessThan(60_000); // S3 tells whole seconds
  });
}

describe('FolderStore', () => {
  keepsItsPromises(async (folder) => ({
    store: new FolderStore(join(folder, 'store')),
    scratch: join(folder, 'store/scratch'),
  }));
});

describeWith('the Python clients', 'PYTHON_CLIENTS', 'S3Store', () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto(process.env.PYTHON_CLIENTS as string);
    Object.assign(process.env, moto.env);
    await moto.makeBucket('objects');
  }, 60_000);
  afterAll(() => moto?.stop());

  keepsItsPromises(async (folder) => ({
    store: new S3Store(
      { bucket: 'objects', prefix: 'of/a/test', endpoint: moto.endpoint },
      { scratchFolder: join(folder, 'scratch'), pageSize: 10 },
    ),
    scratch: join(folder, 'scratch'),
  }));

  it('keeps to its prefix', async () => {
    const beside = openObjectStore('s3://objects/of/a', moto.endpoint);
    expect(await listed(beside, 'test/again')).toEqual(['test/again']);
    expect(await listed(openObjectStore('s3://objects/of/an', moto.endpoint))).toEqual([]);
  });

  it('does not open a bucket that is not there, nor one that does not answer', async () => {
    await expect(openObjectStore('s3://no-such-bucket', moto.endpoint).open()).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
    });
    await expect(openObjectStore('s3://objects', 'http://127.0.0.1:9').open()).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
    });
  }, 60_000);
});
