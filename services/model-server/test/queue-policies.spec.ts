import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, type Client as Connect } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import type { Client } from '@grpc/grpc-js';
import { GRPCInferenceService } from '@vinaigrette/contracts/inference';
import { RunningServer, Repository, infer, until, type InferInit } from './running-server.js';
import { adder, adderGolden, turnsOfALoop, turnsOfALoopGolden } from './tiny-models.js';

/** How long an executor is kept busy, so that what is asked meanwhile waits. */
const BUSY_MS = 2_000;
const TRIAL_TURNS = 50_000;

const turns = (modelName: string, count: number, parameters: Record<string, number> = {}): InferInit => ({
  modelName,
  inputs: [{ name: 'n', datatype: 'INT64', shape: [1n], contents: { int64Contents: [BigInt(count)] } }],
  parameters: Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      { parameterChoice: { case: 'int64Param' as const, value: BigInt(value) } },
    ]),
  ),
});
const row = (modelName: string, x: number): InferInit => ({
  modelName,
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1n, 2n], contents: { fp32Contents: [x, x] } }],
});

describe('the queue of a model', () => {
  let repository: Repository;
  let server: RunningServer;
  let client: Client;
  let connect: Connect<typeof GRPCInferenceService>;
  /** As many turns as take so long on this machine. */
  let busyTurns: number;

  beforeAll(async () => {
    repository = await Repository.create();
    const loop = (model: string, dynamicBatching: object) =>
      repository.put(model, 1, {
        'model.onnx': turnsOfALoop(),
        'golden.json': turnsOfALoopGolden(),
        'config.json': { max_batch_size: 1, dynamic_batching: dynamicBatching },
      });
    const adds = (model: string, dynamicBatching: object) =>
      repository.put(model, 1, {
        'model.onnx': adder(1),
        'golden.json': adderGolden(1),
        'config.json': { max_batch_size: 8, dynamic_batching: dynamicBatching },
      });
    await loop('urgent', {
      priority_levels: 2,
      default_priority_level: 2,
      priority_queue_policy: { '2': { max_queue_size: 3 } },
    });
    await loop('impatient', {
      default_queue_policy: { default_timeout_microseconds: '1000', allow_timeout_override: true },
    });
    await loop('postponing', {
      default_queue_policy: { timeout_action: 'DELAY', allow_timeout_override: true },
    });
    await adds('by-four', { preferred_batch_size: [4], max_queue_delay_microseconds: '60000000' });
    await adds('waiting', { preferred_batch_size: [4], max_queue_delay_microseconds: '300000' });
    server = await RunningServer.start({
      MODEL_REPOSITORY: repository.folder,
      MODEL_ISOLATION: 'process',
      RUN_TIMEOUT_MS: '120000',
      QUEUE_WAIT_MS_MAX: '600000',
    });
    client = server.connect();
    connect = createClient(GRPCInferenceService, createGrpcTransport({ baseUrl: `http://${server.address}` }));
    await server.untilReady();
    const startedMs = performance.now();
    await infer(client, turns('urgent', TRIAL_TURNS));
    busyTurns = Math.ceil((TRIAL_TURNS * BUSY_MS) / (performance.now() - startedMs));
  }, 180_000);
  afterAll(async () => {
    await server.stop();
    await repository.destroy();
  }, 60_000);

  const waiting = async (model: string): Promise<number> => {
    const text = await (await server.get('/metrics')).text();
    return Number(new RegExp(`^model_server_queue_requests\\{model="${model}".*\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  };
  const statisticsOf = async (name: string) => (await connect.modelStatistics({ name })).modelStats[0];
  /** Begins a long run; settles once it has an executor. */
  async function occupy(model: string): Promise<Promise<unknown>[]> {
    const asked = (await statisticsOf(model))?.inferenceStats?.success?.count ?? 0n;
    const busy = infer(client, turns(model, busyTurns, { timeout: 600_000_000 }));
    await until('the run has begun', async () => {
      const [inQueue, statistics] = [await waiting(model), await statisticsOf(model)];
      return inQueue === 0 && (statistics?.inferenceStats?.success?.count ?? 0n) === asked;
    });
    return [busy];
  }

  it('serves the urgent first, and is full for each priority by itself', async () => {
    const done: string[] = [];
    const ask = (name: string, priority: number) =>
      infer(client, turns('urgent', 1, { priority })).then(() => done.push(name));
    const busy = await occupy('urgent');
    const low = ['low 1', 'low 2', 'low 3'].map((name) => ask(name, 2));
    await until('all three wait', async () => (await waiting('urgent')) === 3);
    const refused = expect(infer(client, turns('urgent', 1))).rejects.toMatchObject({
      code: 8,
      details: expect.stringMatching(/QUEUE_FULL/),
    });
    const high = ask('high', 1);
    await Promise.all([...busy, ...low, high, refused]);
    expect(done).toEqual(['high', 'low 1', 'low 2', 'low 3']);
  }, 180_000);

  it('refuses what waited longer than its policy allows, and lets a request ask for longer', async () => {
    const busy = await occupy('impatient');
    const late = infer(client, turns('impatient', 1));
    const patient = infer(client, turns('impatient', 1, { timeout: 600_000_000 }));
    await expect(late).rejects.toMatchObject({ code: 4, details: expect.stringMatching(/PREDICTION_TIMEOUT/) });
    await expect(patient).resolves.toBeDefined();
    await Promise.all(busy);
  }, 180_000);

  it('answers what waited too long after all others where its policy says so', async () => {
    const done: string[] = [];
    const ask = (name: string, timeout: number) =>
      infer(client, turns('postponing', 1, { timeout })).then(() => done.push(name));
    const busy = await occupy('postponing');
    const all = [ask('late', 1), ask('patient', 600_000_000), ask('patient too', 600_000_000)];
    await Promise.all([...busy, ...all]);
    expect(done).toEqual(['patient', 'patient too', 'late']);
  }, 180_000);

  it('waits for a preferred size, and then no longer', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map((x) => infer(client, row('by-four', x))));
    expect(answers.map(({ outputs }) => outputs[0]?.contents?.fp32Contents[0])).toEqual([2, 3, 4, 5]);
    const statistics = await statisticsOf('by-four');
    expect(statistics).toMatchObject({ inferenceCount: 4n, executionCount: 1n });
    expect(statistics?.batchStats).toMatchObject([{ batchSize: 4n, computeInfer: { count: 1n } }]);
  }, 180_000);

  it('runs what has come when nobody joins it in time', async () => {
    await infer(client, row('waiting', 1));
    const statistics = await statisticsOf('waiting');
    expect(Number(statistics?.inferenceStats?.queue?.ns)).toBeGreaterThanOrEqual(299_000_000);
    expect(statistics?.batchStats).toMatchObject([{ batchSize: 1n }]);
  }, 180_000);

  it('is told of as ModelStatistics means it', async () => {
    const before = Date.now();
    const contents = { fp32Contents: [1, 2, 3, 4, 5, 6] };
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [3n, 2n], contents }];
    const first = await statisticsOf('waiting');
    await infer(client, { modelName: 'waiting', inputs });
    await expect(infer(client, { modelName: 'waiting' })).rejects.toBeDefined();
    const second = await statisticsOf('waiting');
    const [one, two] = [first, second].map((statistics) => ({
      rows: statistics?.inferenceCount,
      runs: statistics?.executionCount,
      success: statistics?.inferenceStats?.success?.count,
      fail: statistics?.inferenceStats?.fail?.count,
      queue: statistics?.inferenceStats?.queue?.count,
      computed: statistics?.inferenceStats?.computeInfer?.count,
    }));
    const added = Object.entries(two ?? {}).map(([name, count]) => [
      name,
      Number(count) - Number(one?.[name as 'rows']),
    ]);
    // Rows are inferences; one run; a refusal is a failure, and in no other count.
    expect(Object.fromEntries(added)).toEqual({ rows: 3, runs: 1, success: 1, fail: 1, queue: 1, computed: 1 });
    expect(Number(second?.lastInference)).toBeGreaterThanOrEqual(before);
    const { success, queue, computeInput, computeInfer, computeOutput } = second?.inferenceStats ?? {};
    const parts = [queue, computeInput, computeInfer, computeOutput].map((part) => Number(part?.ns));
    expect(Number(success?.ns)).toBeCloseTo(
      parts.reduce((sum, ns) => sum + ns, 0),
      -3,
    );
  }, 180_000);
});
