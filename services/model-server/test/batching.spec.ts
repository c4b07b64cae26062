import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  credentials,
  makeGenericClientConstructor,
  type Client,
  type ClientReadableStream,
  type Metadata,
} from '@grpc/grpc-js';
import { service as healthDefinition } from 'grpc-health-check';
import { RunningServer, Repository, infer, until, type InferInit, type LogLine } from './running-server.js';
import { priceListGolden, shareOfBatch, shareOfBatchGolden, slowPriceList } from './tiny-models.js';

const QUEUE_REQUESTS_MAX = 100;

const price = (...index: number[]): InferInit => ({
  modelName: 'prices',
  inputs: [
    { name: 'index', datatype: 'INT64', shape: [BigInt(index.length)], contents: { int64Contents: index.map(BigInt) } },
  ],
});
const share = (x: number): InferInit => ({
  modelName: 'shares',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1n, 1n], contents: { fp32Contents: [x] } }],
});

describe('requests that meet a busy executor', () => {
  let repository: Repository;
  let server: RunningServer;
  let client: Client;

  beforeAll(async () => {
    repository = await Repository.create();
    await repository.put('prices', 1, { 'model.onnx': slowPriceList(), 'golden.json': priceListGolden() });
    await repository.put('shares', 1, { 'model.onnx': shareOfBatch(), 'golden.json': shareOfBatchGolden() });
    server = await RunningServer.start({
      MODEL_REPOSITORY: repository.folder,
      QUEUE_REQUESTS_MAX: String(QUEUE_REQUESTS_MAX),
      QUEUE_WAIT_MS_MAX: '600000',
      BATCH_ROWS_MAX: '16',
    });
    client = server.connect();
    await server.untilReady();
  }, 180_000);
  afterAll(async () => {
    await server.stop();
    await repository.destroy();
  });

  async function metric(name: string, model: string): Promise<number> {
    const text = await (await server.get('/metrics')).text();
    const line = text.split('\n').find((candidate) => candidate.startsWith(`model_server_${name}{model="${model}"`));
    return Number(line?.split(' ').at(-1) ?? 0);
  }

  it('are joined, and each gets its own rows back', async () => {
    const runsBefore = await metric('run_rows_count', 'prices');
    const asked = Array.from({ length: 40 }, (_, at) =>
      Array.from({ length: 1 + (at % 3) }, (_, row) => (at + row) % 3),
    );
    const answers = await Promise.all(asked.map((index) => infer(client, price(...index))));
    expect(answers.map((answer) => answer.outputs[0]?.contents?.fp32Contents)).toEqual(
      asked.map((index) => index.map((at) => 10 * (at + 1))),
    );
    const runs = (await metric('run_rows_count', 'prices')) - runsBefore;
    expect(runs).toBeGreaterThanOrEqual(80 / 16); // never more than BATCH_ROWS_MAX rows
    expect(runs).toBeLessThan(20);
  }, 180_000);

  it('do not suffer from the one among them that fails', async () => {
    const asked = Array.from({ length: 20 }, (_, at) => (at === 9 ? 99 : at % 3));
    const answers = await Promise.allSettled(asked.map((index) => infer(client, price(index))));
    for (const [at, answer] of answers.entries()) {
      if (at === 9)
        expect(answer).toMatchObject({ reason: { code: 3, details: expect.stringMatching(/INFERENCE_FAILED/) } });
      else
        expect(answer).toMatchObject({ value: { outputs: [{ contents: { fp32Contents: [10 * ((at % 3) + 1)] } }] } });
    }
  }, 180_000);

  it('are never joined when the golden examples say that rows look at each other', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, (_, at) => infer(client, share(at + 1))));
    expect(answers.every((answer) => answer.outputs[0]?.contents?.fp32Contents[0] === 1)).toBe(true);
    const isReady = (line: LogLine) => line.msg === 'version ready' && line['model'] === 'shares';
    await server.untilLogged(isReady);
    expect(server.log.find(isReady)).toMatchObject({ whyNotJoined: expect.stringMatching(/answered otherwise/) });
  }, 180_000);

  it('are refused with RESOURCE_EXHAUSTED beyond the queue', async () => {
    const answers = await Promise.allSettled(
      Array.from({ length: 2 * QUEUE_REQUESTS_MAX }, () => infer(client, price(0))),
    );
    const refused = answers.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThanOrEqual(QUEUE_REQUESTS_MAX);
    for (const answer of refused)
      expect(answer).toMatchObject({ reason: { code: 8, details: expect.stringMatching(/QUEUE_FULL.*Remedy/) } });
    const { reason } = refused[0] as { reason: { metadata: Metadata } };
    expect(Number(reason.metadata.get('grpc-retry-pushback-ms')[0])).toBeGreaterThan(0);
    await expect(infer(client, price(1))).resolves.toBeDefined();
  }, 180_000);

  it('are dropped before their run when nobody waits for them any more', async () => {
    const rowsBefore = await metric('run_rows_sum', 'prices');
    const busy = infer(client, price(0));
    const late = await Promise.allSettled(
      Array.from({ length: 30 }, () => infer(client, price(0), { deadline: Date.now() + 5 })),
    );
    expect(late.some(({ status }) => status === 'rejected')).toBe(true);
    for (const answer of late) if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 4 });
    await busy;
    await until('the queue is empty', async () => (await metric('queue_requests', 'prices')) === 0);
    const answered = late.filter(({ status }) => status === 'fulfilled').length;
    expect((await metric('run_rows_sum', 'prices')) - rowsBefore).toBeLessThan(answered + 31);
  }, 180_000);
});

describe('SIGTERM', () => {
  it('answers what is in flight, tells the health watchers first, and ends with 0', async () => {
    const repository = await Repository.create();
    await repository.put('prices', 1, { 'model.onnx': slowPriceList(), 'golden.json': priceListGolden() });
    const server = await RunningServer.start({ MODEL_REPOSITORY: repository.folder, BATCH_ROWS_MAX: '1' });
    await server.untilReady();
    const client = server.connect();
    await infer(client, price(0));
    const statuses: string[] = [];
    const Health = makeGenericClientConstructor(healthDefinition, 'Health');
    const health = new Health(server.address, credentials.createInsecure());
    const watch = (health['Watch'] as (request: object) => ClientReadableStream<{ status: string }>).call(health, {});
    watch.on('data', ({ status }) => statuses.push(status)).on('error', () => undefined);
    await until('the watch has begun', () => statuses.length > 0);
    const inFlight = Array.from({ length: 30 }, (_, at) => infer(client, price(at % 3)));
    await until('they have arrived', async () => {
      const text = await (await server.get('/metrics')).text();
      const number = (name: string) =>
        Number(new RegExp(`^model_server_${name}\\{model="prices",version="1"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
      return number('inferences_total') + number('queue_requests') >= 30; // the first call, 28 of these, and one runs
    });
    server.process.kill('SIGTERM');
    const answers = await Promise.all(inFlight);
    expect(answers.map((answer) => answer.outputs[0]?.contents?.fp32Contents[0])).toEqual(
      Array.from({ length: 30 }, (_, at) => 10 * ((at % 3) + 1)),
    );
    await until('the process has ended', () => server.process.exitCode !== null);
    expect(server.process.exitCode).toBe(0);
    expect(statuses).toEqual(['SERVING', 'NOT_SERVING']);
    health.close();
    await repository.destroy();
  }, 180_000);
});
