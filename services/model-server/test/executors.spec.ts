import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { tensorOf } from '@vinaigrette/signature';
import { OnnxExecutors } from '../src/adapters/onnx/onnx-executors.js';
import { PrometheusObservations } from '../src/adapters/prometheus/prometheus-observations.js';
import { readSettings } from '../src/domain/model-settings.js';
import type { Executor } from '../src/executors.js';
import { ServedVersion } from '../src/served-version.js';
import { until } from './running-server.js';
import { priceListGolden, slowPriceList } from './tiny-models.js';

/** The compiled threads and processes, as production runs them. */
const bodies = new URL('../dist/src/adapters/onnx/', import.meta.url);
const limits = { timeoutMs: 60_000, fileBytesMax: 1_000_000 };
const version = { model: 'prices', number: 1, digest: 'a' };
const settings = readSettings(undefined, {
  isolation: 'thread',
  batchRowsMax: 1,
  queueRequestsMax: 100,
  queueWaitMsMax: 60_000,
  queueStandingMsMax: 60_000,
  runTimeoutMs: 60_000,
  memoryMbMax: 2_048,
});
const ask = (index: number) => ({
  inputs: { index: tensorOf('INT64', [1], [index]) },
  caller: { abandoned: () => false },
});

/** Ends the thread of an executor by an exception nobody in it expects. */
const kill = (executor: Executor) =>
  (
    executor as unknown as { session: { link: { worker: { postMessage(message: unknown): void } } } }
  ).session.link.worker.postMessage(null);

describe('a thread', () => {
  let folder: string;
  let files: { modelPath: string; goldenPath: string };
  let executors: OnnxExecutors;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'model-server-thread-'));
    files = { modelPath: join(folder, 'model.onnx'), goldenPath: join(folder, 'golden.json') };
    await writeFile(files.modelPath, slowPriceList());
    await writeFile(files.goldenPath, JSON.stringify(priceListGolden()));
    executors = new OnnxExecutors(limits, bodies);
  });
  const start = () => executors.start(files, settings);
  afterEach(async () => {
    await executors.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('that dies fails the run it was in and no other, and is replaced', async () => {
    const first = await executors.start(files, settings);
    const observations = new PrometheusObservations();
    const log = pino({ level: 'silent' });
    const served = new ServedVersion(version, settings, first, start, observations, log);
    const asked = [0, 1, 2, 1].map((index) => served.infer(ask(index)));
    kill(first);
    const answers = await Promise.allSettled(asked);
    const failed = answers.filter(({ status }) => status === 'rejected');
    expect(failed).toMatchObject([{ reason: { code: 'EXECUTOR_LOST', kind: 'unavailable' } }]);
    for (const [at, answer] of answers.entries()) {
      if (answer.status === 'fulfilled') expect(answer.value['price']?.data[0]).toBe([10, 20, 30, 20][at]);
    }
    expect(await observations.registry.metrics()).toMatch(/executors_lost_total\{model="prices",version="1"\} 1/);
    await served.drain();
  }, 180_000);

  it('that dies and cannot be replaced refuses until it can', async () => {
    const first = await executors.start(files, settings);
    const log = pino({ level: 'silent' });
    const served = new ServedVersion(version, settings, first, start, new PrometheusObservations(), log);
    await rm(files.modelPath);
    kill(first);
    await until('the version says that it has no executor', () => !served.answers);
    await expect(served.infer(ask(0))).rejects.toMatchObject({ code: 'EXECUTOR_LOST' });
    await writeFile(files.modelPath, slowPriceList());
    await until('the version answers again', () => served.answers);
    await expect(served.infer(ask(2))).resolves.toMatchObject({ price: { data: Float32Array.of(30) } });
    await served.drain();
  }, 180_000);

  it('that is busy has those refused who would wait in vain: longer than is allowed, or than their deadline', async () => {
    const first = await executors.start(files, settings);
    const hurried = { ...settings, queueWaitMsMax: 1 };
    const log = pino({ level: 'silent' });
    const served = new ServedVersion(version, hurried, first, start, new PrometheusObservations(), log);
    await served.infer(ask(0)); // from now on it is known how long a run takes
    const taken = [served.infer(ask(1)), served.infer(ask(2))]; // the first of them before anything waits
    expect(served.full).toMatchObject({ code: 'QUEUE_FULL', retryAfterMs: expect.any(Number) });
    expect(served.full).toBe(served.full); // made once, told to many
    const answers = await Promise.allSettled(taken);
    expect(answers).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'QUEUE_FULL' } }]);
    await expect(served.infer(ask(2))).resolves.toBeDefined();
    await served.drain();

    const patient = new ServedVersion(version, settings, await start(), start, new PrometheusObservations(), log);
    await patient.infer(ask(0));
    const ahead = patient.infer(ask(1));
    const deadlineMs = performance.now();
    const late = { ...ask(2), caller: { abandoned: () => false, deadlineMs } };
    await expect(patient.infer(late)).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    await ahead;
    await patient.drain();
  }, 180_000);

  it('that takes too long to prove its version is given up', async () => {
    await expect(new OnnxExecutors({ ...limits, timeoutMs: 1 }, bodies).start(files, settings)).rejects.toMatchObject({
      code: 'EXECUTOR_LOST',
      message: expect.stringMatching(/within 1 ms/),
    });
  }, 180_000);
});
