import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '@grpc/grpc-js';
import { Repository, RunningServer, infer, until } from './running-server.js';
import { floats, onnx, turnsOfALoop, turnsOfALoopGolden, value, weightsBeside, zipMapped } from './tiny-models.js';

const WEIGHTS = 'weights.bin';
const addends = Buffer.from(Float32Array.of(3).buffer);

it('a model that does not come to an end while it is proved is refused after LOAD_TIMEOUT_MS', async () => {
  const repository = await Repository.create();
  const [example] = (turnsOfALoopGolden() as { examples: object[] }).examples;
  const n = { datatype: 'INT64', shape: [1], data: [2 ** 50] };
  const golden = { examples: new Array<object>(20).fill({ ...example, inputs: { n } }) };
  await repository.put('endless', 1, { 'model.onnx': turnsOfALoop(), 'golden.json': golden });
  const server = await RunningServer.start({ MODEL_REPOSITORY: repository.folder, LOAD_TIMEOUT_MS: '500' });
  const refused = () => server.log.some(({ msg }) => msg.startsWith('version quarantined'));
  await until('it is refused', refused);
  const inputs = [{ name: 'n', datatype: 'INT64', shape: [1n], contents: { int64Contents: [1n] } }];
  await expect(infer(server.connect(), { modelName: 'endless', inputs })).rejects.toMatchObject({
    code: 14,
    details: expect.stringMatching(/VERSION_QUARANTINED.*did not prove itself within 500 ms/),
  });
  expect((await server.get('/healthz')).status).toBe(200);
  await server.stop();
  await repository.destroy();
}, 600_000);

describe('a model of nobody we trust', () => {
  let repository: Repository;
  let outside: string;
  let server: RunningServer;
  let client: Client;

  beforeAll(async () => {
    outside = await mkdtemp(join(tmpdir(), 'model-server-outside-'));
    await writeFile(join(outside, WEIGHTS), addends);
    repository = await Repository.create();
    await repository.put('honest', 1, { 'model.onnx': weightsBeside(WEIGHTS), [WEIGHTS]: addends });
    await repository.put('climber', 1, { 'model.onnx': weightsBeside(`../${WEIGHTS}`) });
    await writeFile(join(repository.folder, 'climber', WEIGHTS), addends);
    await repository.put('linked', 1, { 'model.onnx': weightsBeside(WEIGHTS) });
    await symlink(join(outside, WEIGHTS), join(repository.folder, 'linked/1', WEIGHTS));
    await repository.put('tunnel', 1, { 'model.onnx': weightsBeside(`deep/${WEIGHTS}`) });
    await mkdir(join(repository.folder, 'tunnel'), { recursive: true });
    await symlink(outside, join(repository.folder, 'tunnel/1/deep'));
    await repository.put('mapped', 1, { 'model.onnx': zipMapped(weightsBeside(WEIGHTS)), [WEIGHTS]: addends });
    await repository.put('custom', 1, {
      'model.onnx': onnx(
        [{ opType: 'RunAnything', domain: 'com.example.custom', input: ['x'], output: ['sum'] }],
        [value('x', 'FP32', ['B', 2])],
        [value('sum', 'FP32', ['B', 2])],
      ),
    });
    await repository.put('huge', 1, {
      'model.onnx': onnx(
        [{ opType: 'Add', input: ['x', 'many'], output: ['sum'] }],
        [value('x', 'FP32', ['B', 1])],
        [value('sum', 'FP32', ['B', 30_000])],
        [floats('many', [30_000], new Array<number>(30_000).fill(1))],
      ),
    });
    server = await RunningServer.start({ MODEL_REPOSITORY: repository.folder, MODEL_FILE_MB_MAX: '0.1' });
    client = server.connect();
    await until(
      'every version is served or refused',
      () => server.log.filter(({ msg }) => /^version (ready|quarantined)/.test(msg)).length === 7,
    );
  }, 180_000);
  afterAll(async () => {
    await server.stop();
    await repository.destroy();
    await rm(outside, { recursive: true });
  }, 60_000);

  const ask = (modelName: string) =>
    infer(client, {
      modelName,
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1n, 2n], contents: { fp32Contents: [1, 2] } }],
    });

  it('may keep its weights beside it', async () => {
    const { outputs } = await ask('honest');
    expect(outputs[0]?.contents?.fp32Contents).toEqual([4, 5]);
  });

  it.each([
    { model: 'climber', what: 'names weights above its folder', why: /"\.\.\/weights\.bin", which is no file below/ },
    { model: 'linked', what: 'links to weights elsewhere', why: /weights\.bin lies outside the folder/ },
    { model: 'tunnel', what: 'links to a folder elsewhere', why: /deep\/weights\.bin lies outside the folder/ },
    { model: 'mapped', what: 'has maps that its file would bring back', why: /scores is a map, and weights are in/ },
    { model: 'custom', what: 'needs operators of its own', why: /com\.example\.custom/ },
    {
      model: 'huge',
      what: 'is larger than MODEL_FILE_MB_MAX',
      why: /has 12\d{4} bytes; this server loads at most 104857/,
    },
  ])('that $what is refused', async ({ model, why }) => {
    await expect(ask(model)).rejects.toMatchObject({ code: 14, details: expect.stringMatching(/MODEL_INVALID/) });
    await expect(ask(model)).rejects.toMatchObject({ details: expect.stringMatching(why) });
  });
});
