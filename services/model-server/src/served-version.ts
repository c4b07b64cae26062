import { performance } from 'node:perf_hooks';
import type { Logger } from '@vinaigrette/edge';
import { Problem, problemOf } from '@vinaigrette/problems';
import type { Signature } from '@vinaigrette/signature';
import { joinRows, joiningKey, rowsOf, splitRows, takeBatch, type Tensors } from './domain/batch.js';
import type { Version } from './domain/plan-versions.js';
import type { Executor } from './executors.js';
import type { Observations } from './observations.js';

export interface BatchLimits {
  /** Most rows of one joined run. A single request may carry more. */
  rowsMax: number;
  /** Most requests waiting for one version. */
  queueRequestsMax: number;
}

/** A caller's question, and how to know that nobody waits for the answer any more. */
export interface Ask {
  inputs: Tensors;
  abandoned(): boolean;
}

interface Waiting {
  ask: Ask;
  rows: number | undefined;
  key: string;
  sinceMs: number;
  answer(outputs: Tensors): void;
  refuse(problem: Problem): void;
}

/** First pause before a lost executor is replaced once more, doubled at each further loss up to the largest. */
const RESTART_PAUSE_MS = 100;
const RESTART_PAUSE_MAX_MS = 10_000;

/**
 * One version at work: a queue in front of an executor. Requests are joined only while the executor is busy, so an
 * idle server adds no delay. An executor that dies is replaced; what it was running is refused with EXECUTOR_LOST,
 * what waits behind it is answered by the next one.
 */
export class ServedVersion {
  private queue: Waiting[] = [];
  private running: Promise<void> | undefined;
  private draining = false;
  private lossesInARow = 0;
  private whenIdle: (() => void) | undefined;
  private executor: Executor | undefined;
  readonly signature: Signature;

  constructor(
    readonly version: Version,
    executor: Executor,
    private readonly restart: () => Promise<Executor>,
    private readonly limits: BatchLimits,
    private readonly observations: Observations,
    private readonly logger: Logger,
  ) {
    this.signature = executor.signature;
    this.employ(executor);
  }

  /** False while a lost executor could not be replaced. */
  get answers(): boolean {
    return this.executor !== undefined || this.lossesInARow < 2;
  }

  /** Throws QUEUE_FULL, EXECUTOR_LOST, INFERENCE_FAILED, or PREDICTION_TIMEOUT when abandoned before its run. */
  infer(ask: Ask): Promise<Tensors> {
    return new Promise((answer, refuse) => {
      const joined = this.executor?.whyNotJoined === undefined;
      const rows = joined ? rowsOf(ask.inputs) : undefined;
      const key = rows === undefined ? '' : joiningKey(ask.inputs);
      const waiting = { ask, rows, key, sinceMs: performance.now(), answer, refuse };
      if (!this.answers) return refuse(lost('has no executor at the moment'));
      if (this.queue.length >= this.limits.queueRequestsMax) {
        return refuse(new Problem('QUEUE_FULL', `${this.queue.length} requests wait for this version already`));
      }
      this.queue.push(waiting);
      this.pump();
    });
  }

  /** Answers what was accepted, then ends the executor. Nobody may be sent here any more. */
  async drain(): Promise<void> {
    this.draining = true;
    while (this.running || (this.queue.length > 0 && this.executor)) {
      await new Promise<void>((idle) => (this.whenIdle = idle));
    }
    for (const waiting of this.queue.splice(0)) waiting.refuse(lost('ended while the version was retired'));
    await this.executor?.stop();
  }

  private pump(): void {
    if (this.running || !this.executor) return;
    const [abandoned, waiting] = partition(this.queue, ({ ask }) => ask.abandoned());
    for (const left of abandoned) {
      left.refuse(new Problem('PREDICTION_TIMEOUT', 'The caller stopped waiting before the model was run'));
    }
    const { batch, rest } = takeBatch(waiting, this.limits.rowsMax);
    this.queue = rest;
    this.observations.queued(this.version, rest.length);
    if (batch.length === 0) return this.whenIdle?.();
    this.running = this.runBatch(this.executor, batch).finally(() => {
      this.running = undefined;
      this.pump();
      this.whenIdle?.();
    });
  }

  /** Never throws: every request of the batch gets an answer of its own. */
  private async runBatch(executor: Executor, batch: readonly Waiting[]): Promise<void> {
    const startedMs = performance.now();
    try {
      const outputs = await executor.run(joinRows(batch.map(({ ask }) => ask.inputs)));
      const rows = batch.map((waiting) => waiting.rows ?? 1);
      const answers = batch.length === 1 ? [outputs] : splitRows(outputs, rows);
      if (!answers) throw new Problem('INFERENCE_FAILED', 'An output has another number of rows than the inputs');
      const seconds = (performance.now() - startedMs) / 1_000;
      this.observations.ran(this.version, batch.length, sum(rows), seconds);
      this.lossesInARow = 0;
      batch.forEach((waiting, index) => this.answer(waiting, answers[index] as Tensors));
    } catch (error) {
      const problem = problemOf(error);
      if (problem.code === 'INTERNAL') this.logger.error({ err: error, ...this.version }, 'run failed');
      const [only] = batch;
      if (problem.code === 'EXECUTOR_LOST' || batch.length === 1 || !only) {
        for (const waiting of batch) waiting.refuse(problem);
        return;
      }
      // One of them is to blame, and the others need not know: each alone.
      for (const waiting of batch) await this.runBatch(executor, [waiting]);
    }
  }

  private answer(waiting: Waiting, outputs: Tensors): void {
    this.observations.answered(this.version, waiting.rows ?? 1, (performance.now() - waiting.sinceMs) / 1_000);
    waiting.answer(outputs);
  }

  private employ(executor: Executor): void {
    this.executor = executor;
    void executor.lost.then((error) => this.replace(error));
    this.pump();
  }

  private async replace(error: Error): Promise<void> {
    this.executor = undefined;
    this.observations.executorLost(this.version);
    while (!this.draining) {
      this.lossesInARow++;
      this.logger.error({ err: error, ...this.version, lossesInARow: this.lossesInARow }, 'executor lost');
      if (this.lossesInARow > 1) {
        for (const waiting of this.queue.splice(0)) waiting.refuse(lost('cannot be replaced at the moment'));
        await pause(Math.min(RESTART_PAUSE_MS * 2 ** (this.lossesInARow - 2), RESTART_PAUSE_MAX_MS));
      }
      try {
        const executor = await this.restart();
        if (this.draining) return await executor.stop();
        this.logger.info({ ...this.version }, 'executor replaced');
        return this.employ(executor);
      } catch (cause) {
        error = cause as Error;
      }
    }
    this.whenIdle?.();
  }
}

const lost = (why: string): Problem => new Problem('EXECUTOR_LOST', `The thread that runs this version ${why}`);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

function partition<T>(items: readonly T[], belongs: (item: T) => boolean): [T[], T[]] {
  const [yes, no]: [T[], T[]] = [[], []];
  for (const item of items) (belongs(item) ? yes : no).push(item);
  return [yes, no];
}
