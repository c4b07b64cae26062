import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RunningServer, Repository, infer, until, type InferInit } from './running-server.js';
import { adder, adderGolden, turnsOfALoop, turnsOfALoopGolden } from './tiny-models.js';

const turns = (modelName: string, count: number): InferInit => ({
  modelName,
  inputs: [{ name: 'n', datatype: 'INT64', shape: [1n], contents: { int64Contents: [BigInt(count)] } }],
});
const ENDLESS = 4_000_000_000_000;

/** The processes a process has started, its threads included (Linux). */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
/** Whether it runs; one that ended and was not fetched by its parent does not. */
const runs = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

describe('a run that never ends', () => {
  let repository: Repository;
  beforeAll(async () => {
    repository = await Repository.create();
    const put = (model: string, isolation: string, runTimeoutMs: number) =>
      repository.put(model, 1, {
        'model.onnx': turnsOfALoop(),
        'golden.json': turnsOfALoopGolden(),
        'config.json': {
          max_batch_size: 1,
          parameters: { isolation: { string_value: isolation }, run_timeout_ms: { string_value: `${runTimeoutMs}` } },
        },
      });
    await put('in-a-process', 'process', 600_000);
    await put('in-a-thread', 'thread', 1_000);
    await repository.put('adder', 1, { 'model.onnx': adder(1), 'golden.json': adderGolden(1) });
  });
  afterAll(() => repository.destroy());

  async function start(): Promise<RunningServer> {
    const server = await RunningServer.start({ MODEL_REPOSITORY: repository.folder, DRAIN_TIMEOUT_MS: '1000' });
    await server.untilReady();
    return server;
  }

  it('in a process ends with the server, even when that is killed', async () => {
    const server = await start();
    const lost = expect(infer(server.connect(), turns('in-a-process', ENDLESS))).rejects.toBeDefined();
    const children = childrenOf(server.process.pid as number);
    const spent = (pid: number) => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[13]);
    const before = new Map(children.map((pid) => [pid, spent(pid)]));
    await until('it runs', () => children.some((pid) => runs(pid) && spent(pid) > (before.get(pid) ?? 0) + 50));
    await server.stop('SIGKILL');
    await lost;
    await until('no process is left', () => !children.some(runs));
  }, 180_000);

  it('in a thread is given up and replaced, goes on beside the others, and does not keep the server from ending', async () => {
    const server = await start();
    const client = server.connect();
    await expect(infer(client, turns('in-a-thread', ENDLESS))).rejects.toMatchObject({
      code: 4,
      details: expect.stringMatching(/RUN_TIMEOUT/),
    });
    await until('another thread answers', () =>
      infer(client, turns('in-a-thread', 3)).then(
        ({ outputs }) => outputs[0]?.contents?.int64Contents[0] === 3n,
        () => false,
      ),
    );
    await server.untilLogged(({ msg }) => msg === 'executor lost');
    await server.stop();
    expect(runs(server.process.pid as number)).toBe(false);
  }, 180_000);
});
