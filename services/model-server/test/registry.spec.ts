import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegistryInMemory } from './registry-in-memory.js';
import { RunningServer, infer, until } from './running-server.js';
import { adder, adderGolden, weightsBeside } from './tiny-models.js';

const good = (addend: number) => ({ 'model.onnx': adder(addend), 'golden.json': adderGolden(addend) });
type Kept = { models: { aliases: Record<string, number> }[] };
const lying = { 'model.onnx': adder(3), 'golden.json': adderGolden(4) };

describe('model-server behind a registry', () => {
  let registry: RegistryInMemory;
  let cache: string;
  let servers: RunningServer[];

  beforeEach(async () => {
    registry = new RegistryInMemory();
    cache = await mkdtemp(join(tmpdir(), 'model-server-cache-'));
    servers = [];
    await registry.register(1, good(1));
    await registry.register(2, good(2));
    await registry.register(3, lying);
    await registry.start();
  });
  afterEach(async () => {
    for (const server of servers) await server.stop('SIGKILL');
    await registry.stop();
    await rm(cache, { recursive: true, force: true });
  });

  async function start(env: Record<string, string> = {}): Promise<RunningServer> {
    const server = await RunningServer.start({
      REGISTRY_ADDRESS: `127.0.0.1:${registry.port}`,
      MODEL_SERVER_CACHE_DIR: cache,
      ...env,
    });
    servers.push(server);
    return server;
  }
  async function answers(server: RunningServer, name = ''): Promise<string> {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1n, 2n], contents: { fp32Contents: [1, 1] } }];
    const response = await infer(server.connect(), { modelName: 'adder', modelVersion: name, inputs });
    expect(response.outputs[0]?.contents?.fp32Contents[0]).toBe(1 + Number(response.modelVersion));
    return response.modelVersion;
  }
  const answersAre = (server: RunningServer, name: string, version: string) =>
    until(`${name} is ${version}`, () =>
      answers(server, name).then(
        (found) => found === version,
        () => false,
      ),
    );

  it('serves nothing, and is ready, when nothing is wanted; then follows each change', async () => {
    registry.want({});
    const server = await start();
    await server.untilReady();
    await expect(answers(server)).rejects.toMatchObject({ code: 5 });
    registry.want({ champion: 1, canary: 2 });
    await answersAre(server, '', '1');
    await answersAre(server, 'canary', '2');
    registry.want({ champion: 2 });
    await answersAre(server, 'champion', '2');
    await expect(answers(server, 'canary')).rejects.toMatchObject({ code: 5 });
    await expect(answers(server, '1')).rejects.toMatchObject({ code: 5 });
  }, 600_000);

  it('serves every version that is listed, by its number, also after a restart without the registry', async () => {
    registry.want({ champion: 1 }, [2]);
    const first = await start();
    await answersAre(first, '2', '2');
    await answersAre(first, '', '1');
    await until('the state is kept', () =>
      kept().then(
        (text) => (JSON.parse(text) as { models: { versions: object[] }[] }).models[0]?.versions.length === 2,
        () => false,
      ),
    );
    await first.stop();
    await registry.stop();
    const second = await start();
    await second.untilReady();
    await expect(answers(second, '2')).resolves.toBe('2');
    await expect(answers(second, 'champion')).resolves.toBe('1');
  }, 600_000);

  it('keeps a version that nobody wants any more warm, so that going back loads nothing', async () => {
    registry.want({ champion: 1 });
    const server = await start();
    await answersAre(server, '', '1');
    registry.want({ champion: 2 });
    await answersAre(server, '', '2');
    await expect(answers(server, '1')).rejects.toMatchObject({ code: 5 });
    const metrics = await (await server.get('/metrics')).text();
    expect(metrics).toContain('model_server_version_state{model="adder",version="1",state="resting"} 1');
    registry.corrupt(1, Buffer.from('it cannot be loaded again'));
    registry.want({ champion: 1 });
    await answersAre(server, '', '1');
    await server.untilLogged((line) => line.msg === 'version ready' && line['number'] === 2);
    const ready = server.log.filter(({ msg }) => msg === 'version ready').map((line) => line['number']);
    expect(ready).toEqual([1, 2]);

    // What rested was kept on disk too: the way back survives a restart without the registry.
    await until(
      'the way back is kept',
      async () => (JSON.parse(await kept()) as Kept).models[0]?.aliases.champion === 1,
    );
    await registry.stop();
    await server.stop('SIGKILL');
    await answersAre(await start(), '', '1');
  }, 600_000);

  it('brings the weights that a graph keeps beside itself, and starts again with them', async () => {
    const addend = Buffer.from(Float32Array.of(4).buffer);
    const files = { ...good(4), 'model.onnx': weightsBeside('weights/addend.bin'), 'weights/addend.bin': addend };
    await registry.register(4, { ...files, 'baseline.json': {} });
    registry.want({ champion: 4 });
    const first = await start();
    await answersAre(first, '', '4');
    await until('the state is kept', () =>
      kept().then(
        (text) => text.includes('champion'),
        () => false,
      ),
    );
    await expect(readdir(join(cache, 'artefacts'))).resolves.toHaveLength(3); // without what only others read
    await registry.stop();
    await first.stop('SIGKILL');
    await answersAre(await start(), '', '4');
  }, 600_000);

  it('takes other weights under the same number for another version', async () => {
    const version = (addend: number) => ({
      'model.onnx': weightsBeside('addend.bin'),
      'addend.bin': Buffer.from(Float32Array.of(addend).buffer),
    });
    await registry.register(5, version(4));
    registry.want({ champion: 5 });
    const server = await start();
    const sums = async () => {
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [1n, 2n], contents: { fp32Contents: [1, 1] } }];
      const answer = await infer(server.connect(), { modelName: 'adder', inputs }).catch(() => undefined);
      return answer?.outputs[0]?.contents?.fp32Contents[0];
    };
    await until('the first weights add', async () => (await sums()) === 5);
    await registry.register(5, version(5));
    registry.want({ champion: 5 });
    await until('the others add', async () => (await sums()) === 6);
  }, 600_000);

  it('is not ready before it knows what is wanted', async () => {
    await registry.stop();
    const server = await start();
    expect((await server.get('/readyz')).status).toBe(503);
    registry.want({ champion: 1 });
    await registry.start();
    await server.untilReady();
    await expect(answers(server)).resolves.toBe('1');
  }, 600_000);

  it('serves on while the registry is away, starts again without it, and follows it when it is back', async () => {
    registry.want({ champion: 1 });
    const first = await start();
    await answersAre(first, '', '1');
    await until('the state is kept', () =>
      kept().then(
        (text) => text.includes('champion'),
        () => false,
      ),
    );
    await registry.stop();
    await expect(answers(first)).resolves.toBe('1');
    await first.stop('SIGKILL');

    const second = await start();
    await second.untilReady();
    await expect(answers(second)).resolves.toBe('1');
    registry.want({ champion: 2 });
    await registry.start();
    await answersAre(second, '', '2');
  }, 600_000);

  it('starts again with the version that served, not with the unfit one that was wanted', async () => {
    registry.want({ champion: 1 });
    const first = await start();
    await answersAre(first, '', '1');
    registry.want({ champion: 3 });
    await until('3 is quarantined', () => first.log.some(({ msg }) => msg.startsWith('version quarantined')));
    await expect(answers(first)).resolves.toBe('1');
    await expect(answers(first, '3')).rejects.toMatchObject({
      code: 14,
      details: expect.stringMatching(/GOLDEN_MISMATCH/),
    });
    await first.stop('SIGKILL');
    await registry.stop();

    const second = await start();
    await second.untilReady();
    await expect(answers(second, 'champion')).resolves.toBe('1');
    await registry.start();
    await until('3 is quarantined again', () => second.log.some(({ msg }) => msg.startsWith('version quarantined')));
    await expect(answers(second)).resolves.toBe('1');
  }, 600_000);

  it('takes no artefact whose bytes are not what their name says, and takes them when they are right', async () => {
    registry.corrupt(2, Buffer.from('not the bytes that were asked for'));
    registry.want({ champion: 1 });
    const server = await start({ KEEP_WARM_MS: '100' });
    await answersAre(server, '', '1');
    registry.want({ champion: 2 });
    await until('the wrong bytes came', () => server.log.some(({ msg }) => msg.startsWith('an artefact did not come')));
    await expect(answers(server)).resolves.toBe('1');
    await registry.register(2, good(2));
    await answersAre(server, '', '2');
    await until(
      'only what is needed is kept',
      async () =>
        (await Promise.all(['artefacts', 'versions'].map((name) => readdir(join(cache, name))))).flat().length === 3,
    );
  }, 600_000);

  it.each([
    { damage: 'a cached model was damaged', file: /^[0-9a-f]{64}$/ },
    { damage: 'the cached state was damaged', file: /^state\.json$/ },
  ])(
    'asks the registry again when $damage',
    async ({ file }) => {
      registry.want({ champion: 1 });
      const first = await start();
      await answersAre(first, '', '1');
      await until('the state is kept', () =>
        kept().then(
          (text) => text.includes('champion'),
          () => false,
        ),
      );
      await first.stop();
      for (const folder of [cache, join(cache, 'artefacts')]) {
        for (const name of (await readdir(folder)).filter((found) => file.test(found)))
          await writeFile(join(folder, name), '{');
      }
      const second = await start();
      await answersAre(second, '', '1');
    },
    600_000,
  );

  const kept = () => readFile(join(cache, 'state.json'), 'utf8');
});
