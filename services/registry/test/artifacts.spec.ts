import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { connect, constants } from 'node:http2';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Client } from '@connectrpc/connect';
import { UploadArtifactRequestSchema, type RegistryService } from '@vinaigrette/contracts/registry';
import { describeWith } from '../../../tools/real-part.mjs';
import { eventually, refusal, upload, Workbench, type RunningRegistry } from './running-registry.js';

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describeWith('PostgreSQL', 'DATABASE_URL', 'artefacts', () => {
  let bench: Workbench;
  let registry: RunningRegistry;
  let client: Client<typeof RegistryService>;
  beforeAll(async () => {
    bench = await Workbench.open();
    await mkdir(join(bench.folder, 'scratch'));
    const leave = (name: string) => writeFile(join(bench.folder, 'scratch', name), 'half an upload');
    await leave(`${hostname()}~999999999~dead`);
    await leave(`${hostname()}~${process.pid}~alive`);
    await leave('elsewhere~1~unknown');
    registry = bench.start({ ARTIFACT_BYTES_MAX: String(8 * 2 ** 20) });
    client = await registry.client();
  }, 60_000);
  afterAll(() => bench?.close());

  const scratch = () => readdir(join(bench.folder, 'scratch'));
  const pathOf = (sha256: string) => join(bench.folder, 'sha256', sha256.slice(0, 2), sha256);
  const download = async (sha256: string) => {
    const chunks: Uint8Array[] = [];
    for await (const { chunk } of client.downloadArtifact({ sha256 })) chunks.push(chunk);
    return Buffer.concat(chunks);
  };

  it('removes at start what a dead process left half done, and nothing of others', async () => {
    expect(await scratch()).toEqual(['elsewhere~1~unknown', `${hostname()}~${process.pid}~alive`].sort());
    expect(await registry.line('removed what was left half uploaded')).toMatchObject({ removed: 1 });
  });

  it.each([0, 1, 1_000, 5 * 2 ** 20, 8 * 2 ** 20])(
    'keeps %d bytes under their SHA-256 and gives them back',
    async (size) => {
      const bytes = randomBytes(size);
      const kept = await upload(client, bytes, 2 ** 20);
      expect(kept).toMatchObject({ sha256: sha256Of(bytes), sizeBytes: BigInt(size) });
      expect(sha256Of(await readFile(pathOf(kept.sha256)))).toBe(kept.sha256);
      expect((await download(kept.sha256)).equals(bytes)).toBe(true);
    },
  );

  it('keeps the same bytes once, also when fifty send them at once', async () => {
    const bytes = randomBytes(300_000);
    const kept = await Promise.all(Array.from({ length: 50 }, (_, index) => upload(client, bytes, 10_000 + index)));
    expect(new Set(kept.map(({ sha256 }) => sha256))).toEqual(new Set([sha256Of(bytes)]));
    expect((await download(sha256Of(bytes))).equals(bytes)).toBe(true);
  });

  it.each([
    { what: 'more than the limit', size: 8 * 2 ** 20 + 1, chunk: 2 ** 20 },
    { what: 'a chunk of more than 1 MiB', size: 2 ** 20 + 1, chunk: 2 ** 20 + 1 },
  ])('refuses $what and leaves nothing behind', async ({ size, chunk }) => {
    const before = await scratch();
    expect(await refusal(upload(client, randomBytes(size), chunk))).toMatchObject({
      code: 'BODY_TOO_LARGE',
      field: 'chunk',
    });
    expect(await scratch()).toEqual(before);
  });

  it.each([99n, 101n])('refuses 100 bytes of %s', async (sizeBytes) => {
    const before = await scratch();
    async function* short() {
      yield { chunk: randomBytes(60), sizeBytes };
      yield { chunk: randomBytes(40) };
    }
    expect(await refusal(client.uploadArtifact(short()))).toMatchObject({
      code: 'ARTIFACT_CORRUPT',
      field: 'size_bytes',
    });
    expect(await scratch()).toEqual(before);
  });

  it('leaves nothing behind when a caller breaks off', async () => {
    const before = await scratch();
    async function* broken() {
      yield { chunk: randomBytes(100_000) };
      yield { chunk: randomBytes(100_000) };
      throw new Error('the caller is gone');
    }
    expect(await refusal(client.uploadArtifact(broken()))).toBeDefined();
    await eventually(async () => expect(await scratch()).toEqual(before));
  });

  it.each(['the call', 'the connection'])(
    'keeps nothing under the digest of a half when a caller drops %s',
    async (what) => {
      const before = await scratch();
      const half = randomBytes(100_000);
      const session = connect((await registry.addresses()).grpc);
      const stream = session.request({
        ':method': 'POST',
        ':path': '/vinaigrette.registry.v1.RegistryService/UploadArtifact',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const broken = once(stream, 'close').catch(() => undefined);
      const message = toBinary(
        UploadArtifactRequestSchema,
        create(UploadArtifactRequestSchema, { chunk: half, sizeBytes: 200_000n }),
      );
      const header = Buffer.alloc(5);
      header.writeUInt32BE(message.byteLength, 1);
      stream.write(Buffer.concat([header, message]));
      // The whole half has arrived: it is on disk, and the registry waits for more.
      await eventually(async () => {
        const [name] = (await scratch()).filter((one) => !before.includes(one));
        expect((await stat(join(bench.folder, 'scratch', name as string))).size).toBe(half.byteLength);
      });
      if (what === 'the call') stream.close(constants.NGHTTP2_CANCEL);
      else session.destroy();
      await broken;
      await eventually(async () => expect(await scratch()).toEqual(before));
      expect(await readdir(dirname(pathOf(sha256Of(half)))).catch(() => [])).not.toContain(sha256Of(half));
      session.destroy();
    },
  );

  it('tells rotted bytes from sound ones, and is mended by uploading them again', async () => {
    const bytes = randomBytes(1_000_000);
    const { sha256 } = await upload(client, bytes);
    const rotted = Buffer.from(bytes);
    rotted[500_000] = (rotted[500_000] as number) ^ 1;
    await writeFile(pathOf(sha256), rotted);
    expect(await refusal(client.downloadArtifact({ sha256 }))).toMatchObject({ code: 'ARTIFACT_CORRUPT' });
    await upload(client, bytes);
    expect((await download(sha256)).equals(bytes)).toBe(true);
  });

  it.each([
    { sha256: sha256Of(Buffer.from('never uploaded')), code: 'ARTIFACT_NOT_FOUND', status: 'NotFound' },
    { sha256: '../../../../etc/passwd', code: 'BODY_INVALID', status: 'InvalidArgument' },
    { sha256: '', code: 'BODY_INVALID', status: 'InvalidArgument' },
  ])('has no artefact $sha256: $code', async ({ sha256, code, status }) => {
    expect(await refusal(client.downloadArtifact({ sha256 }))).toMatchObject({ code, status, field: 'sha256' });
  });
});
