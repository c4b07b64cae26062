import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '@grpc/grpc-js';
import { Repository, RunningServer, infer, until } from './running-server.js';
import { floats, onnx, value, weightsBeside, zipMapped } from './tiny-models.js';

const WEIGHTS = 'weights.bin';
const addends = Buffer.from(Float32Array.of(3).buffer);

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
