import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '@grpc/grpc-js';
import { RunningServer, Repository, infer, type InferInit } from './running-server.js';
import { adder, adderGolden, echo, priceList, priceListGolden } from './tiny-models.js';

const add = (version: string, x: number[]): InferInit => ({
  modelName: 'adder',
  modelVersion: version,
  inputs: [{ name: 'x', datatype: 'FP32', shape: [BigInt(x.length / 2), 2n], contents: { fp32Contents: x } }],
});

describe('model-server on a folder', () => {
  let repository: Repository;
  let server: RunningServer;
  let client: Client;

  beforeAll(async () => {
    repository = await Repository.create();
    await repository.put('adder', 1, { 'model.onnx': adder(1), 'golden.json': adderGolden(1) });
    await repository.put('adder', 2, { 'model.onnx': adder(2), 'golden.json': adderGolden(2) });
    await repository.put('prices', 1, { 'model.onnx': priceList(), 'golden.json': priceListGolden() });
    await repository.put('texts', 1, { 'model.onnx': echo('BYTES') });
    server = await RunningServer.start({ MODEL_REPOSITORY: repository.folder, MODEL_REPOSITORY_POLL_MS: '50' });
    client = server.connect();
    await server.untilReady();
  }, 60_000);

  afterAll(async () => {
    await server.stop();
    await repository.destroy();
  });

  it.each([
    { version: '', answers: '2', sum: [3, 4] },
    { version: 'latest', answers: '2', sum: [3, 4] },
    { version: '1', answers: '1', sum: [2, 3] },
    { version: '2', answers: '2', sum: [3, 4] },
  ])('asked for version "$version", $answers answers', async ({ version, answers, sum }) => {
    const response = await infer(client, { ...add(version, [1, 2]), id: 'mine' });
    expect(response).toMatchObject({ modelName: 'adder', modelVersion: answers, id: 'mine' });
    expect(response.outputs[0]).toMatchObject({ name: 'sum', datatype: 'FP32', shape: [1n, 2n] });
    expect(response.outputs[0]?.contents?.fp32Contents).toEqual(sum);
  });
});
