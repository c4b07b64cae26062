import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Client } from '@connectrpc/connect';
import type { RegistryService } from '@vinaigrette/contracts/registry';
import { startMoto, type Moto } from '@vinaigrette/object-store/moto';
import { openObjectStore, type ObjectStore } from '@vinaigrette/object-store';
import { describeWith } from '../../../tools/real-part.mjs';
import { refusal, register, upload, Workbench, type RunningRegistry } from './running-registry.js';
import { tinyFiles } from './tiny-model.js';

const PLACE = 's3://artefacts/of/the/registry';
const MIB = 2 ** 20;
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describeWith('PostgreSQL', 'DATABASE_URL', 'artefacts in S3', () => {
  describeWith('the Python clients', 'PYTHON_CLIENTS', 'of moto', () => {
    let bench: Workbench;
    let moto: Moto;
    let store: ObjectStore;
    let registry: RunningRegistry;
    let client: Client<typeof RegistryService>;
    beforeAll(async () => {
      [bench, moto] = await Promise.all([Workbench.open(), startMoto(process.env.PYTHON_CLIENTS as string)]);
      await moto.makeBucket('artefacts');
      Object.assign(process.env, moto.env);
      store = openObjectStore(PLACE, moto.endpoint);
      await store.open();
      registry = bench.start({ ...moto.env, ARTIFACT_DIR: PLACE, ARTIFACT_BYTES_MAX: String(8 * MIB) });
      client = await registry.client();
    }, 120_000);
    afterAll(async () => {
      await bench?.close();
      await moto?.stop();
    });

    const keyOf = (sha256: string) => `sha256/${sha256.slice(0, 2)}/${sha256}`;
    const download = async (sha256: string) => {
      const chunks: Uint8Array[] = [];
      for await (const { chunk } of client.downloadArtifact({ sha256 })) chunks.push(chunk);
      return Buffer.concat(chunks);
    };

    it.each([0, 1_000, 8 * MIB])('keeps %d bytes under their SHA-256 and gives them back', async (size) => {
      const bytes = randomBytes(size);
      const { sha256, sizeBytes } = await upload(client, bytes, MIB);
      expect({ sha256, sizeBytes }).toEqual({ sha256: sha256Of(bytes), sizeBytes: BigInt(size) });
      expect(await store.head(keyOf(sha256))).toMatchObject({ sizeBytes: size });
      expect((await download(sha256)).equals(bytes)).toBe(true);
    });

    it('registers a version, whose files the inspection reads as files', async () => {
      const { modelVersion } = await register(client, 'stored', tinyFiles());
      expect(modelVersion?.version).toBe(1);
      const missing = { path: 'model.onnx', sha256: sha256Of(Buffer.from('never uploaded')) };
      expect(await refusal(client.registerVersion({ model: 'stored', files: [missing], actor: 'test' }))).toMatchObject(
        { code: 'ARTIFACT_NOT_FOUND', field: 'files[0].sha256' },
      );
    }, 120_000);

    it('keeps nothing of an upload that is too large', async () => {
      const all = async () => {
        const keys: string[] = [];
        for await (const { key } of store.list()) keys.push(key);
        return keys.sort();
      };
      const before = await all();
      expect(await refusal(upload(client, randomBytes(8 * MIB + 1), MIB))).toMatchObject({ code: 'BODY_TOO_LARGE' });
      expect(await all()).toEqual(before);
    });

    it('tells rotted bytes from sound ones, and is mended by uploading them again', async () => {
      const bytes = randomBytes(100_000);
      const { sha256 } = await upload(client, bytes);
      await store.put(keyOf(sha256), Buffer.from(bytes).fill(0, 50_000, 50_008));
      expect(await refusal(client.downloadArtifact({ sha256 }))).toMatchObject({ code: 'ARTIFACT_CORRUPT' });
      await upload(client, bytes);
      expect((await download(sha256)).equals(bytes)).toBe(true);
    });

    it('says so when S3 does not answer, and does not start on a bucket that is not there', async () => {
      const lost = bench.start({ ...moto.env, ARTIFACT_DIR: 's3://no-such-bucket' });
      await expect(lost.line('listening')).rejects.toThrow('no-such-bucket');
      await moto.stop();
      const { sha256 } = { sha256: sha256Of(Buffer.from('anything')) };
      expect(await refusal(client.downloadArtifact({ sha256 }))).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
      expect(await refusal(upload(client, randomBytes(10)))).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    }, 60_000);
  });
});
