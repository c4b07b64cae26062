import type { Logger } from '@vinaigrette/edge';
import { Problem, problemOf } from '@vinaigrette/problems';
import type { Signature } from '@vinaigrette/signature';
import { allowedWaitMs } from './domain/allowed-wait.js';
import { isEmptyBatch, joinRows, joiningKey, rowsOf, splitRows, type Tensors } from './domain/batch.js';
import type { ModelSettings, QueuePolicy } from './domain/model-settings.js';
import { enqueue, nextBatch, type Queued } from './domain/next-batch.js';
import type { Version } from './domain/plan-versions.js';
import type { Executor } from './executors.js';
import type { Observations } from './observations.js';
import type { Caller } from './answer-inference.js';
import type { InferenceTrace } from './traces.js';

/** A caller's question. */
export interface Ask {
  inputs: Tensors;
  caller: Pick<Caller, 'abandoned' | 'deadlineMs'>;
  /** 1: served first. Absent, 0, or beyond the model's priorities: its default. */
  priority?: number;
  /** How long it may wait for its run, in milliseconds, where the model's queue policy lets callers say so. */
  timeoutMs?: number;
  /** Told when it was run. */
  trace?: Pick<InferenceTrace, 'ran'> | undefined;
}

interface Waiting extends Queued {
  ask: Ask;
  answer(outputs: Tensors): void;
  refuse(problem: Problem): void;
}

/** First pause before a lost executor is replaced once more, doubled at each further loss up to the largest. */
const RESTART_PAUSE_MS = 100;
const RESTART_PAUSE_MAX_MS = 10_000;
/** Weight of the latest run in what is remembered of how long one takes. */
const PACE_WEIGHT = 0.2;
/** How long a refusal is told again as it is: to make one costs more than to tell it. */
const REFUSAL_TOLD_MS = 20;

/**
 * One version at work: a queue in front of its executors. Requests that arrive together, or while every executor is
 * busy, are joined; an idle server adds no delay. An executor that dies is replaced; a request that was alone in it is
 * refused with EXECUTOR_LOST, those that were joined are run again, each alone, since one of them may be to blame.
 */
export class ServedVersion {
  private queue: Waiting[] = [];
  private readonly waitingByPriority: number[];
  private readonly executors = new Set<Executor>();
  private readonly free: Executor[] = [];
  private readonly runs = new Map<Executor, Promise<void>>();
  private readonly lossesInARow = new Map<number, number>();
  private pumping = false;
  private delay: NodeJS.Timeout | undefined;
  private draining = false;
  private whenIdle: (() => void) | undefined;
  private waitingRows = 0;
  /** Since when the queue has not been empty; of one that is empty, of old. */
  private waitingSinceMs = 0;
  /** How long a run takes lately, in milliseconds; 0: there was none yet. While requests wait, runs are full ones. */
  private runMs = 0;
  private refusalToAll: { problem: Problem; untilMs: number } | undefined;
  /** Who had gone is out of the queue since the latest run. */
  private swept = false;
  readonly signature: Signature;
  /** Whether requests are joined into one run. */
  readonly joins: boolean;
  private readonly fearsEmptyBatch: boolean;

  constructor(
    readonly version: Version,
    readonly settings: ModelSettings,
    first: Executor,
    private readonly restart: () => Promise<Executor>,
    private readonly observations: Observations,
    private readonly logger: Logger,
  ) {
    this.signature = first.signature;
    this.joins = first.whyNotJoined === undefined && settings.batchRowsMax > 1;
    this.fearsEmptyBatch = first.fearsEmptyBatch;
    this.waitingByPriority = settings.queuePolicies.map(() => 0);
    this.employ(first, 0);
    // On the thread that speaks to callers a second executor would only wait for the first.
    const instances = first.isolation === 'inline' ? 1 : settings.instances;
    for (let slot = 1; slot < instances; slot++) void this.fill(slot);
  }

  /** False while lost executors could not be replaced. */
  get answers(): boolean {
    return this.executors.size > 0 || Math.max(...this.lossesInARow.values()) < 2;
  }

  /** Why nothing that comes now is taken, whatever it is: told before it is read. Undefined: some of it may be. */
  get full(): Problem | undefined {
    return this.settings.priorities === 1 ? this.refusalAt(1, undefined, performance.now()) : undefined;
  }

  /**
   * Throws QUEUE_FULL, EXECUTOR_LOST, INFERENCE_FAILED, RUN_TIMEOUT, or PREDICTION_TIMEOUT when abandoned before its run
   * or when it waited longer than its queue policy allows.
   */
  infer(ask: Ask): Promise<Tensors> {
    return new Promise((answer, refuse) => {
      const problem = this.refusal(ask);
      if (problem) return refuse(problem);
      const priority = this.priorityOf(ask);
      const sinceMs = performance.now();
      const full = this.refusalAt(priority, ask.caller.deadlineMs, sinceMs);
      if (full) return refuse(full);
      const rows = this.joins ? rowsOf(ask.inputs) : undefined;
      const lateAtMs = sinceMs + (waitMsMax(ask, this.policyOf(priority)) || Infinity);
      const key = rows === undefined ? '' : joiningKey(ask.inputs);
      this.put({ ask, rows, key, priority, sinceMs, lateAtMs, delayed: false, answer, refuse });
      this.pumpSoon();
    });
  }

  /** Answers what was accepted, then ends the executors. Nobody may be sent here any more. */
  async drain(): Promise<void> {
    this.draining = true;
    this.pumpSoon();
    while (this.runs.size > 0 || (this.queue.length > 0 && this.executors.size > 0)) {
      await new Promise<void>((idle) => (this.whenIdle = idle));
    }
    for (const waiting of this.takeAll()) waiting.refuse(lost('ended while the version was retired'));
    await Promise.all([...this.executors].map((executor) => executor.stop()));
  }

  private refusal({ inputs }: Ask): Problem | undefined {
    if (!this.answers) return lost('cannot be started at the moment');
    if (this.fearsEmptyBatch && isEmptyBatch(inputs)) {
      return new Problem('INFERENCE_FAILED', 'The graph cannot be run without a row: it would end its process');
    }
    return undefined;
  }

  /** QUEUE_FULL when as many wait as may, or when what waits takes longer than anybody would wait for it. */
  private refusalAt(priority: number, deadlineMs = Infinity, nowMs: number): Problem | undefined {
    const { queueRequestsMax } = this.policyOf(priority);
    if (this.waitingAt(priority) >= queueRequestsMax && !this.swept) this.dropAbandoned();
    const allowedMs = allowedWaitMs(this.settings, this.queue.length, nowMs - this.waitingSinceMs);
    const waitMsMax = Math.min(allowedMs, deadlineMs - nowMs);
    // With priorities some of what waits would be overtaken; how much is not worth a count for each request.
    const tooLong = this.settings.priorities === 1 && this.waitMs > waitMsMax && this.queue.length > 0;
    return tooLong || this.waitingAt(priority) >= queueRequestsMax ? this.queueFull(nowMs) : undefined;
  }

  /** How long what waits takes, as far as the runs before tell. */
  private get waitMs(): number {
    const runs = this.joins
      ? Math.min(this.queue.length, this.waitingRows / this.settings.batchRowsMax)
      : this.queue.length;
    return (runs * this.runMs) / Math.max(1, this.executors.size);
  }

  private queueFull(nowMs: number): Problem {
    if (this.refusalToAll && nowMs < this.refusalToAll.untilMs) return this.refusalToAll.problem;
    const retryAfterMs = Math.max(1, Math.ceil(this.waitMs));
    const text = `${this.queue.length} requests wait for this version already; try again in ${retryAfterMs} ms`;
    const problem = new Problem('QUEUE_FULL', text, { retryAfterMs });
    this.refusalToAll = { problem, untilMs: nowMs + REFUSAL_TOLD_MS };
    return problem;
  }

  private priorityOf({ priority = 0 }: Ask): number {
    return priority >= 1 && priority <= this.settings.priorities ? priority : this.settings.priorityDefault;
  }

  private policyOf(priority: number): QueuePolicy {
    return this.settings.queuePolicies[priority - 1] as QueuePolicy;
  }

  private waitingAt(priority: number): number {
    return this.waitingByPriority[priority - 1] as number;
  }

  private put(waiting: Waiting): void {
    this.waitingByPriority[waiting.priority - 1] = this.waitingAt(waiting.priority) + 1;
    this.waitingRows += waiting.rows ?? 1;
    if (this.queue.length === 0) this.waitingSinceMs = waiting.sinceMs;
    enqueue(this.queue, waiting);
  }

  private left(gone: readonly Waiting[]): void {
    for (const { priority, rows } of gone) {
      this.waitingByPriority[priority - 1] = this.waitingAt(priority) - 1;
      this.waitingRows -= rows ?? 1;
    }
  }

  private takeAll(): Waiting[] {
    const all = this.queue.splice(0);
    this.left(all);
    return all;
  }

  /** What has arrived together by then is run together. */
  private pumpSoon(): void {
    if (this.pumping) return;
    this.pumping = true;
    setImmediate(() => {
      this.pumping = false;
      this.pump();
    });
  }

  private pump(): void {
    clearTimeout(this.delay);
    while (this.free.length > 0 && this.queue.length > 0) {
      const settings = this.draining ? { ...this.settings, batchDelayMs: 0 } : this.settings;
      const { batch, rest, waitMs } = nextBatch(this.queue, settings, performance.now());
      if (waitMs !== undefined) {
        this.delay = setTimeout(() => this.pump(), waitMs);
        break;
      }
      this.queue = rest;
      this.swept = false;
      this.left(batch);
      const timely = batch.filter((waiting) => this.isTimely(waiting));
      if (timely.length > 0) void this.employFree(timely);
    }
    this.observations.queued(this.version, this.queue.length);
    this.whenIdle?.();
  }

  private async employFree(batch: readonly Waiting[]): Promise<void> {
    const executor = this.free.pop() as Executor;
    const run = this.runBatch(executor, batch);
    this.runs.set(executor, run);
    await run;
    this.runs.delete(executor);
    if (this.executors.has(executor)) this.free.push(executor);
    this.pump();
  }

  /** Refuses what nobody waits for any more, and what waited too long; the latter may be put behind all others instead. */
  private isTimely(waiting: Waiting): boolean {
    if (waiting.ask.caller.abandoned()) {
      waiting.refuse(new Problem('PREDICTION_TIMEOUT', 'The caller stopped waiting before the model was run'));
      return false;
    }
    if (performance.now() < waiting.lateAtMs) return true;
    if (this.policyOf(waiting.priority).whenLate === 'delay') {
      this.put({ ...waiting, delayed: true, lateAtMs: Infinity });
    } else {
      waiting.refuse(new Problem('PREDICTION_TIMEOUT', 'It waited longer than the queue policy of the model allows'));
    }
    return false;
  }

  private dropAbandoned(): void {
    this.swept = true;
    const gone = this.queue.filter(({ ask }) => ask.caller.abandoned());
    if (gone.length === 0) return;
    const all = new Set(gone);
    this.queue = this.queue.filter((waiting) => !all.has(waiting));
    this.left(gone);
    for (const waiting of gone) this.isTimely(waiting);
  }

  /** Never throws: every request of the batch gets an answer of its own. */
  private async runBatch(executor: Executor, batch: readonly Waiting[]): Promise<void> {
    const startedMs = performance.now();
    try {
      const outputs = await executor.run(joinRows(batch.map(({ ask }) => ask.inputs)));
      const rows = batch.map((waiting) => waiting.rows ?? 1);
      const answers = batch.length === 1 ? [outputs] : splitRows(outputs, rows);
      if (!answers) throw new Problem('INFERENCE_FAILED', 'An output has another number of rows than the inputs');
      const tookMs = performance.now() - startedMs;
      const runRows = sum(rows);
      this.runMs += (this.runMs === 0 ? 1 : PACE_WEIGHT) * (tookMs - this.runMs);
      this.observations.ran(this.version, batch.length, runRows, tookMs / 1_000);
      batch.forEach((waiting, index) => this.answer(waiting, answers[index] as Tensors, startedMs, runRows));
    } catch (error) {
      const problem = problemOf(error);
      if (problem.code === 'INTERNAL') this.logger.error({ err: error, ...this.version }, 'run failed');
      if (batch.length === 1) return batch[0]?.refuse(problem);
      // One of them is to blame, and the others need not know.
      if (problem.code === 'EXECUTOR_LOST' || problem.code === 'RUN_TIMEOUT') {
        for (const waiting of batch) this.put({ ...waiting, rows: undefined, key: '' });
        return;
      }
      const half = batch.length >> 1;
      await this.runBatch(executor, batch.slice(0, half));
      await this.runBatch(executor, batch.slice(half));
    }
  }

  private answer(waiting: Waiting, outputs: Tensors, startedMs: number, runRows: number): void {
    const [seconds, queueSeconds] = [performance.now(), startedMs].map((ms) => (ms - waiting.sinceMs) / 1_000);
    this.observations.answered(this.version, waiting.rows ?? 1, seconds as number, queueSeconds as number);
    waiting.ask.trace?.ran({ queuedMs: waiting.sinceMs, startedMs, endedMs: performance.now(), runRows });
    waiting.answer(outputs);
  }

  private employ(executor: Executor, slot: number): void {
    this.executors.add(executor);
    this.free.push(executor);
    this.lossesInARow.set(slot, 0);
    void executor.lost.then((error) => this.replaceLost(executor, slot, error));
    void executor.outgrown.then(() => this.replaceOutgrown(executor, slot));
    this.pumpSoon();
  }

  private dismiss(executor: Executor): void {
    this.executors.delete(executor);
    const at = this.free.indexOf(executor);
    if (at >= 0) this.free.splice(at, 1);
  }

  private async replaceLost(executor: Executor, slot: number, error: Error): Promise<void> {
    if (!this.executors.has(executor)) return;
    this.dismiss(executor);
    this.observations.executorLost(this.version);
    this.logger.error({ err: error, ...this.version, slot }, 'executor lost');
    this.lossesInARow.set(slot, 1);
    await this.fill(slot);
  }

  /** Starts an executor for the slot, however often that takes. */
  private async fill(slot: number): Promise<void> {
    while (!this.draining) {
      try {
        const executor = await this.restart();
        if (this.draining) return await executor.stop();
        this.logger.info({ ...this.version, slot }, 'executor started');
        return this.employ(executor, slot);
      } catch (error) {
        const losses = (this.lossesInARow.get(slot) ?? 0) + 1;
        this.lossesInARow.set(slot, losses);
        this.logger.error({ err: error, ...this.version, slot, lossesInARow: losses }, 'executor cannot be started');
        if (!this.answers) for (const waiting of this.takeAll()) waiting.refuse(lost('cannot be started'));
        await pause(Math.min(RESTART_PAUSE_MS * 2 ** (losses - 1), RESTART_PAUSE_MAX_MS));
      }
    }
    this.whenIdle?.();
  }

  /** The one that grew answers on until its successor is ready. */
  private async replaceOutgrown(executor: Executor, slot: number): Promise<void> {
    this.logger.warn({ ...this.version, memoryMbMax: this.settings.memoryMbMax }, 'executor outgrew its memory limit');
    try {
      const next = await this.restart();
      if (this.draining || !this.executors.has(executor)) return await next.stop();
      this.dismiss(executor);
      this.employ(next, slot);
      await this.runs.get(executor);
      await executor.stop();
      this.logger.info({ ...this.version, slot }, 'executor replaced by a fresh one');
    } catch (error) {
      this.logger.error({ err: error, ...this.version }, 'the executor that outgrew its limit cannot be replaced');
    }
  }
}

const waitMsMax = (ask: Ask, policy: QueuePolicy): number =>
  policy.timeoutOverride && ask.timeoutMs ? ask.timeoutMs : policy.timeoutMs;

const lost = (why: string): Problem => new Problem('EXECUTOR_LOST', `What runs this version ${why}`);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
