import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Client } from '@grpc/grpc-js';
import { RunningServer, Repository, infer, until, type InferInit, type LogLine } from './running-server.js';
import {
  adder,
  adderGolden,
  echo,
  priceListGolden,
  slowPriceList,
  turnsOfALoop,
  turnsOfALoopGolden,
  twoLargest,
  twoLargestGolden,
} from './tiny-models.js';

const isolated = (isolation: string, more: Record<string, string> = {}, config: object = {}) => ({
  ...config,
  parameters: Object.fromEntries(
    Object.entries({ isolation, ...more }).map(([name, text]) => [name, { string_value: text }]),
  ),
});
const integers = (modelName: string, name: string, ...values: number[]): InferInit => ({
  modelName,
  inputs: [
    { name, datatype: 'INT64', shape: [BigInt(values.length)], contents: { int64Contents: values.map(BigInt) } },
  ],
});
const price = (index: number) => integers('prices', 'index', index);
const turns = (count: number) => integers('turns', 'n', count);
const add = (...x: number[]): InferInit => ({
  modelName: 'adder',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [BigInt(x.length / 2), 2n], contents: { fp32Contents: x } }],
});
const largest = (...x: number[]): InferInit => ({
  modelName: 'largest',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [BigInt(x.length / 4), 4n], contents: { fp32Contents: x } }],
});
const ENDLESS = 4_000_000_000_000;

/** Each model in the isolation its name is about, in one server that must outlive what happens to them. */
describe('a server whose models misbehave', () => {
  let repository: Repository;
  let server: RunningServer;
  let client: Client;

  beforeAll(async () => {
    repository = await Repository.create();
    const put = (model: string, graph: Uint8Array, golden: object | undefined, config: object) =>
      repository.put(model, 1, {
        'model.onnx': graph,
        ...(golden && { 'golden.json': golden }),
        'config.json': config,
      });
    await put('adder', adder(1), adderGolden(1), isolated('inline'));
    await put('prices', slowPriceList(), priceListGolden(), isolated('process'));
    await put('turns', turnsOfALoop(), turnsOfALoopGolden(), isolated('auto', { run_timeout_ms: '1500' }));
    await put('texts', echo('BYTES'), undefined, isolated('process', { memory_mb_max: '1' }));
    await put('largest', twoLargest(), twoLargestGolden(), isolated('auto'));
    await put('wrong', adder(1), undefined, isolated('container'));
    server = await RunningServer.start({ MODEL_REPOSITORY: repository.folder });
    client = server.connect();
    await server.untilReady();
  }, 180_000);
  afterAll(async () => {
    await server.stop();
    await repository.destroy();
  });

  const isReady = (model: string) => (line: LogLine) => line.msg === 'version ready' && line['model'] === model;
  const logged = (model: string, msg: string) =>
    server.log.filter((line) => line.msg === msg && line['model'] === model).length;

  it.each([
    { model: 'adder', isolation: 'inline' },
    { model: 'prices', isolation: 'process' },
    { model: 'turns', isolation: 'process' }, // it may loop
    { model: 'texts', isolation: 'process' },
  ])('$model runs $isolation', async ({ model, isolation }) => {
    await server.untilLogged(isReady(model));
    expect(server.log.find(isReady(model))).toMatchObject({ isolation });
  });

  it('tells what is wrong with a config.json, and serves the rest', async () => {
    await expect(infer(client, { modelName: 'wrong' })).rejects.toMatchObject({
      code: 14,
      details: expect.stringMatching(/MODEL_CONFIG_INVALID.*parameters\.isolation/),
    });
  });

  it('whose processes are killed loses the runs that were alone in them, and answers everything else', async () => {
    const others = Array.from({ length: 30 }, (_, at) => infer(client, add(at, at)));
    const asked = Array.from({ length: 30 }, (_, at) => infer(client, price(at % 3)));
    await Promise.race(asked); // they run now
    for (const pid of childrenOf(server.process.pid as number)) process.kill(pid, 'SIGKILL');
    const answers = await Promise.allSettled(asked);
    const lost = answers.filter(({ status }) => status === 'rejected');
    expect(lost.length).toBeLessThanOrEqual(1);
    for (const [at, answer] of answers.entries()) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 14, details: /EXECUTOR_LOST/ });
      else expect(answer.value.outputs[0]?.contents?.fp32Contents).toEqual([10 * ((at % 3) + 1)]);
    }
    await Promise.all(others);
    await until('each process is replaced', async () =>
      (await Promise.allSettled([infer(client, price(0)), infer(client, turns(3))])).every(
        ({ status }) => status === 'fulfilled',
      ),
    );
    await until('it is told', () => logged('prices', 'executor lost') > 0);
    expect(logged('prices', 'executor lost')).toBe(1);
  }, 180_000);

  it('gives up a run that does not end, answers those that were joined with it, and replaces the process', async () => {
    const first = infer(client, turns(100_000_000)); // meanwhile the others wait, and are joined
    const together = [turns(1), turns(ENDLESS), turns(2)].map((init) => infer(client, init));
    const [, one, endless, two] = await Promise.allSettled([first, ...together]);
    expect(endless).toMatchObject({ reason: { code: 4, details: expect.stringMatching(/RUN_TIMEOUT/) } });
    expect(one).toMatchObject({ value: { outputs: [{ contents: { int64Contents: [1n] } }] } });
    expect(two).toMatchObject({ value: { outputs: [{ contents: { int64Contents: [2n] } }] } });
    await expect(infer(client, add(1, 1))).resolves.toBeDefined();
  }, 180_000);

  it('replaces a process that outgrew its limit, and answers all the while', async () => {
    const text = { name: 'item', datatype: 'BYTES', shape: [1n, 1n], contents: { bytesContents: [Buffer.from('x')] } };
    await until('it is replaced', async () => {
      const { outputs } = await infer(client, { modelName: 'texts', inputs: [text] });
      expect(outputs[0]?.contents?.bytesContents).toHaveLength(1);
      return logged('texts', 'executor replaced by a fresh one') > 0;
    });
  }, 180_000);

  it('refuses a batch without rows when proving it ended the process that proved', async () => {
    await expect(infer(client, largest(1, 2, 3, 4))).resolves.toMatchObject({
      outputs: [{ contents: { fp32Contents: [4, 3] } }, {}],
    });
    await expect(infer(client, largest())).rejects.toMatchObject({
      code: 3,
      details: expect.stringMatching(/INFERENCE_FAILED.*without a row/),
    });
  }, 180_000);
});

/** The processes a process has started (Linux). */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
