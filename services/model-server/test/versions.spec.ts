import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '@grpc/grpc-js';
import { RunningServer, Repository, infer, until, type Files } from './running-server.js';
import { adder, adderGolden, echo, priceList, weightsBeside } from './tiny-models.js';

/** 1 + the addend of whoever answers. */
async function onePlus(client: Client, modelVersion = ''): Promise<{ version: string; sum: number | undefined }> {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1n, 2n], contents: { fp32Contents: [1, 1] } }];
  const response = await infer(client, { modelName: 'adder', modelVersion, inputs });
  return { version: response.modelVersion, sum: response.outputs[0]?.contents?.fp32Contents[0] };
}
const good = (addend: number) => ({ 'model.onnx': adder(addend), 'golden.json': adderGolden(addend) });

describe('versions of a folder', () => {
  let repository: Repository;
  let server: RunningServer;
  let client: Client;

  beforeEach(async () => {
    repository = await Repository.create();
    await repository.put('adder', 1, good(1));
    server = await RunningServer.start({
      MODEL_REPOSITORY: repository.folder,
      MODEL_REPOSITORY_POLL_MS: '20',
      KEEP_WARM_MS: '300',
    });
    client = server.connect();
    await server.untilReady();
  }, 180_000);
  afterEach(async () => {
    await server.stop();
    await repository.destroy();
  });

  it('change under load: no call fails, and each is answered by the version it names', async () => {
    let stop = false;
    const seen = new Set<string>();
    const callers = Array.from({ length: 8 }, async () => {
      const own = server.connect();
      while (!stop) {
        const { version, sum } = await onePlus(own);
        expect(sum).toBe(1 + Number(version));
        seen.add(version);
      }
    });
    try {
      for (let version = 2; version <= 6; version++) {
        await repository.put('adder', version, good(version));
        await until(`${version} answers`, () => seen.has(String(version)));
        await repository.remove('adder', version - 1);
      }
    } finally {
      stop = true;
    }
    await Promise.all(callers);
    expect([...seen].sort()).toEqual(['1', '2', '3', '4', '5', '6']);
    await until(
      'the versions before are gone',
      () => server.log.filter(({ msg }) => msg === 'version gone').length === 5,
    );
    await expect(onePlus(client, '1')).rejects.toMatchObject({ details: expect.stringMatching(/VERSION_NOT_FOUND/) });
  }, 180_000);

  const golden = adderGolden(2) as { examples: { outputs: { sum: { data: number[] } } }[] };
  (golden.examples[7]?.outputs.sum as { data: number[] }).data = [0, 0];
  it.each<{ fault: string; files: Files; reason: RegExp }>([
    { fault: 'is no graph', files: { 'model.onnx': 'PK\u0003\u0004' }, reason: /MODEL_INVALID/ },
    { fault: 'is cut short', files: { 'model.onnx': adder(2).slice(0, 60) }, reason: /MODEL_INVALID/ },
    {
      fault: 'answers a golden example otherwise',
      files: { 'model.onnx': adder(2), 'golden.json': golden },
      reason: /GOLDEN_MISMATCH.*example 7.*sum\[0\] is 9, not 0/,
    },
    {
      fault: 'has golden examples of another model',
      files: { 'model.onnx': priceList(), 'golden.json': adderGolden(2) },
      reason: /INFERENCE_FAILED/,
    },
    {
      fault: 'has unreadable golden examples',
      files: { 'model.onnx': adder(2), 'golden.json': '{' },
      reason: /GOLDEN_MISMATCH/,
    },
    {
      fault: 'has the signature of another model',
      files: {
        'model.onnx': adder(2),
        'signature.json': {
          inputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
          outputs: [{ name: 'sum', datatype: 'FP32', shape: [-1] }],
          logged: [],
        },
      },
      reason: /SIGNATURE_MISMATCH/,
    },
    {
      fault: 'has an unreadable signature',
      files: { 'model.onnx': adder(2), 'signature.json': 'none' },
      reason: /SIGNATURE_MISMATCH/,
    },
  ])(
    'one that $fault is quarantined, and the one before answers on',
    async ({ files, reason }) => {
      await repository.put('adder', 2, files);
      await until('version 2 is quarantined', async () =>
        (await (await server.get('/readyz')).text()).includes('quarantined'),
      );
      await expect(onePlus(client)).resolves.toEqual({ version: '1', sum: 2 });
      await expect(onePlus(client, '2')).rejects.toMatchObject({ code: 14, details: expect.stringMatching(reason) });
      await server.untilLogged(({ msg }) => msg.startsWith('version quarantined'));
      const metrics = await (await server.get('/metrics')).text();
      expect(metrics).toContain('model_server_version_state{model="adder",version="2",state="quarantined"} 1');

      await repository.remove('adder', 2);
      await repository.put('adder', 2, good(5));
      await until('the mended version 2 answers', async () => (await onePlus(client)).version === '2');
      await expect(onePlus(client)).resolves.toEqual({ version: '2', sum: 6 });
    },
    60_000,
  );

  it('with other weights beside the same graph are other ones, and half a file is none', async () => {
    const weights = (addend: number) => Buffer.from(Float32Array.of(addend).buffer);
    const folder = join(repository.folder, 'adder/2');
    const golden = { 'golden.json': adderGolden(4) };
    await repository.put('adder', 2, { 'model.onnx': weightsBeside('deep/addend.bin'), ...golden });
    await until('a graph without its weights is refused', () =>
      server.log.some(({ msg }) => msg.startsWith('version quarantined')),
    );
    await mkdir(join(folder, 'deep'));
    await writeFile(join(folder, 'deep/addend.bin'), weights(4).subarray(0, 2)); // half of it
    await expect(onePlus(client)).resolves.toEqual({ version: '1', sum: 2 });
    await writeFile(join(folder, 'deep/addend.bin'), weights(4));
    await until('the whole file is taken', async () => (await onePlus(client)).sum === 5);

    await writeFile(join(folder, 'deep/addend.bin'), weights(6)); // as golden.json does not expect
    await until('other weights are tried, and refused', () =>
      server.log.some(({ msg }) => /^version quarantined.*example 0.*not 4/.test(msg)),
    );
    await expect(onePlus(client)).resolves.toEqual({ version: '2', sum: 5 });
    await writeFile(join(folder, 'golden.json'), JSON.stringify(adderGolden(6)));
    await until('they are right now', async () => (await onePlus(client)).sum === 7);
  }, 180_000);

  it('whose files lie beside their number are not served, and the log says where they belong', async () => {
    await mkdir(join(repository.folder, 'flat'));
    await writeFile(join(repository.folder, 'flat/model.onnx'), adder(1));
    const told = () => server.log.filter(({ msg }) => /flat\/model\.onnx is not served.* flat\/1\//.test(msg));
    await until('it is told', () => told().length > 0);
    await expect(infer(client, { modelName: 'flat' })).rejects.toMatchObject({ code: 5 });
    expect(told()).toHaveLength(1);
  }, 180_000);

  it('a model that appears is served, one that disappears is not found', async () => {
    await repository.put('texts', 3, { 'model.onnx': echo('BYTES') });
    const ask = () =>
      infer(client, { modelName: 'texts', inputs: [{ name: 'item', datatype: 'BYTES', shape: [1n, 0n] }] });
    await until('texts is served', () =>
      ask().then(
        () => true,
        () => false,
      ),
    );
    await repository.remove('texts');
    await until('texts is gone', () =>
      ask().then(
        () => false,
        (error: { code: number }) => error.code === 5,
      ),
    );
  }, 180_000);

  it('serve on when the folder itself is away', async () => {
    await repository.destroy();
    await until('the server has noticed', () => server.log.some(({ msg }) => msg.includes('cannot be read')));
    await expect(onePlus(client)).resolves.toEqual({ version: '1', sum: 2 });
  }, 180_000);
});

describe('a start', () => {
  it('is refused with a word on a folder that is none', async () => {
    await expect(RunningServer.start({ MODEL_REPOSITORY: '/nowhere/at/all' })).rejects.toThrow(
      /MODEL_REPOSITORY is \/nowhere\/at\/all, which is no folder/,
    );
  }, 60_000);

  it('is refused with both a folder and a registry', async () => {
    await expect(RunningServer.start({ MODEL_REPOSITORY: '/tmp', REGISTRY_ADDRESS: '127.0.0.1:5001' })).rejects.toThrow(
      /MODEL_REPOSITORY/,
    );
  }, 60_000);

  it.each(['MODEL_SERVER_GRPC_PORT', 'MODEL_SERVER_HTTP_PORT'])(
    'is refused with a word on a taken %s',
    async (variable) => {
      const repository = await Repository.create();
      const first = await RunningServer.start({ MODEL_REPOSITORY: repository.folder });
      const port = String(variable === 'MODEL_SERVER_GRPC_PORT' ? first.grpc : first.http);
      await expect(RunningServer.start({ MODEL_REPOSITORY: repository.folder, [variable]: port })).rejects.toThrow(
        new RegExp(`port ${port}.*${variable}`),
      );
      await first.stop();
      await repository.destroy();
    },
    60_000,
  );
});
