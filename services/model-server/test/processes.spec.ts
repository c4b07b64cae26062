import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  ModelStatisticsRequestSchema,
  ModelStatisticsResponseSchema,
  type ModelStatistics,
} from '@vinaigrette/contracts/inference';
import { infer, Repository, RunningServer, until, type LogLine } from './running-server.js';
import { adder, adderGolden } from './tiny-models.js';

/** Connections that are shared out: with two processes, all land on one of them once in 2^15 times. */
const CALLERS = 16;

describe('several server processes on the same ports', () => {
  let repository: Repository;
  let server: RunningServer;
  let callers: Client[];

  beforeAll(async () => {
    repository = await Repository.create();
    await repository.put('adder', 1, { 'model.onnx': adder(1), 'golden.json': adderGolden(1) });
    server = await RunningServer.start({ MODEL_REPOSITORY: repository.folder, SERVER_PROCESSES: '2' });
    await server.untilReady();
    const own = { 'grpc.use_local_subchannel_pool': 1 }; // or all would share one connection
    callers = Array.from({ length: CALLERS }, () => new Client(server.address, credentials.createInsecure(), own));
  }, 180_000);
  afterAll(async () => {
    for (const caller of callers) caller.close();
    await server.stop();
    await repository.destroy();
  });

  const onePlusOne = async (caller: Client): Promise<number | undefined> => {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1n, 2n], contents: { fp32Contents: [1, 1] } }];
    return (await infer(caller, { modelName: 'adder', inputs })).outputs[0]?.contents?.fp32Contents[0];
  };
  const statisticsBy = (caller: Client) =>
    new Promise<ModelStatistics>((answer, fail) => {
      caller.makeUnaryRequest(
        '/inference.GRPCInferenceService/ModelStatistics',
        (bytes: Buffer) => bytes,
        (bytes) => fromBinary(ModelStatisticsResponseSchema, bytes),
        Buffer.from(toBinary(ModelStatisticsRequestSchema, create(ModelStatisticsRequestSchema, { name: 'adder' }))),
        (error, response) => (error ? fail(error) : answer(response?.modelStats[0] as ModelStatistics)),
      );
    });
  const answered = async (): Promise<number> => {
    const text = await (await server.get('/metrics')).text();
    return Number(/model_server_inferences_total\{[^}]*\} (\d+)/.exec(text)?.[1] ?? 0);
  };

  it('answer together, and whichever is asked tells what all have done', async () => {
    expect(await Promise.all(callers.map(onePlusOne))).toEqual(callers.map(() => 2));
    for (let time = 0; time < 4; time++) expect(await answered()).toBe(CALLERS);
    const statistics = await Promise.all(callers.map(statisticsBy));
    expect(statistics.map(({ inferenceCount }) => inferenceCount)).toEqual(callers.map(() => BigInt(CALLERS)));
    expect(statistics.map(({ inferenceStats }) => inferenceStats?.success?.count)).toEqual(
      callers.map(() => BigInt(CALLERS)),
    );
    const runs = statistics[0]?.batchStats.reduce((sum, { computeInfer }) => sum + (computeInfer?.count ?? 0n), 0n);
    expect(runs).toBe(statistics[0]?.executionCount);
  }, 60_000);

  it('answer on while one that was killed is replaced', async () => {
    const [victim] = serversOf(server.process.pid as number);
    process.kill(victim as number, 'SIGKILL');
    const outcomes = await Promise.allSettled(callers.map(onePlusOne));
    const right = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    expect(right.length).toBeGreaterThan(0); // those of the other process
    await until('it is replaced', () => {
      const pids = serversOf(server.process.pid as number);
      return pids.length === 2 && !pids.includes(victim as number);
    });
    await server.untilReady();
    // A caller whose connection broke pauses before it tries another one.
    const answers = (caller: Client) => onePlusOne(caller).then((sum) => sum === 2, () => false); // prettier-ignore
    await Promise.all(callers.map((caller) => until('each caller is answered', () => answers(caller))));
    const tellsOfIt = ({ msg }: LogLine) => msg === 'a server process died, and is replaced';
    await server.untilLogged(tellsOfIt);
    expect(server.log.filter(tellsOfIt)).toHaveLength(1);
  }, 180_000);

  it('drain together', async () => {
    const asked = callers.map(onePlusOne);
    expect(await server.stop()).toBe(0);
    expect((await Promise.allSettled(asked)).filter(({ status }) => status === 'rejected')).toEqual([]);
  }, 60_000);
});

it('several server processes and callers who load models are refused together', async () => {
  const both = { SERVER_PROCESSES: '2', MODEL_CONTROL: 'explicit' };
  await expect(RunningServer.start(both)).rejects.toThrow(/MODEL_CONTROL/);
}, 60_000);

/** The server processes among the children of a process: the others are those that prove models. */
function serversOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === parent && textOf(`/proc/${pid}/cmdline`).includes('main.js'));
}

const parentOf = (pid: number): number => Number(/^PPid:\s+(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1]);

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process has ended meanwhile
  }
}
