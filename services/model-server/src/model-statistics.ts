import type { Observations, ReplyTimes } from './observations.js';
import { idOf, type Version } from './domain/plan-versions.js';

/** How often something happened, and how long all of it took together, in seconds. */
export interface Tally {
  count: number;
  seconds: number;
}

/** What a version did since it became ready in this process. */
export interface VersionStatistics {
  /** Milliseconds since the epoch; 0: it was asked nothing yet. */
  lastInferenceMs: number;
  /** Rows answered. */
  inferences: number;
  /** Runs of the graph. */
  executions: number;
  success: Tally;
  fail: Tally;
  queue: Tally;
  computeInput: Tally;
  computeInfer: Tally;
  computeOutput: Tally;
  /** Runs by their number of rows. */
  batches: Map<number, Tally>;
}

/** By the version's id. */
export type StatisticsByVersion = ReadonlyMap<string, VersionStatistics>;

/** Counts for Triton's ModelStatistics, by version held: gone with the version. */
export class ModelStatistics implements Partial<Observations> {
  private readonly byVersion = new Map<string, VersionStatistics>();
  /** The same, where a version is asked for again: its name need not be put together. */
  private readonly latest = new WeakMap<Version, VersionStatistics>();

  /** Of each version that did something. */
  all(): StatisticsByVersion {
    return this.byVersion;
  }

  /** Zeros for a version that did nothing yet. */
  of(version: Version): VersionStatistics {
    const known = this.latest.get(version);
    if (known) return known;
    const id = idOf(version);
    const statistics = this.byVersion.get(id) ?? nothingYet();
    this.byVersion.set(id, statistics);
    this.latest.set(version, statistics);
    return statistics;
  }

  answered(version: Version, rows: number, seconds: number, queueSeconds: number): void {
    const statistics = this.of(version);
    statistics.inferences += rows;
    add(statistics.success, seconds);
    add(statistics.queue, queueSeconds);
    add(statistics.computeInfer, seconds - queueSeconds);
  }

  told(version: Version, _name: string, { inputSeconds, outputSeconds }: ReplyTimes): void {
    const statistics = this.of(version);
    statistics.lastInferenceMs = Date.now();
    add(statistics.computeInput, inputSeconds);
    add(statistics.computeOutput, outputSeconds);
    statistics.success.seconds += inputSeconds + outputSeconds;
  }

  failed(version: Version | undefined, _code: unknown, seconds: number): void {
    if (!version) return;
    const statistics = this.of(version);
    statistics.lastInferenceMs = Date.now();
    add(statistics.fail, seconds);
  }

  ran(version: Version, _requests: number, rows: number, seconds: number): void {
    const statistics = this.of(version);
    statistics.executions += 1;
    const batch = statistics.batches.get(rows) ?? { count: 0, seconds: 0 };
    add(batch, seconds);
    statistics.batches.set(rows, batch);
  }

  versionGone(version: Version): void {
    this.byVersion.delete(idOf(version));
    this.latest.delete(version);
  }
}

/** What several processes did, added up. */
export function sumOfStatistics(all: readonly StatisticsByVersion[]): StatisticsByVersion {
  const sums = new Map<string, VersionStatistics>();
  for (const [id, one] of all.flatMap((statistics) => [...statistics])) {
    const sum = sums.get(id) ?? nothingYet();
    sums.set(id, sum);
    sum.lastInferenceMs = Math.max(sum.lastInferenceMs, one.lastInferenceMs);
    sum.inferences += one.inferences;
    sum.executions += one.executions;
    for (const kind of TALLIES) addTally(sum[kind], one[kind]);
    for (const [rows, tally] of one.batches) {
      const batch = sum.batches.get(rows) ?? { count: 0, seconds: 0 };
      addTally(batch, tally);
      sum.batches.set(rows, batch);
    }
  }
  return sums;
}

const TALLIES = ['success', 'fail', 'queue', 'computeInput', 'computeInfer', 'computeOutput'] as const;

function addTally(sum: Tally, { count, seconds }: Tally): void {
  sum.count += count;
  sum.seconds += seconds;
}

function add(tally: Tally, seconds: number): void {
  tally.count += 1;
  tally.seconds += seconds;
}

export const nothingYet = (): VersionStatistics => {
  const zero = (): Tally => ({ count: 0, seconds: 0 });
  return {
    lastInferenceMs: 0,
    inferences: 0,
    executions: 0,
    success: zero(),
    fail: zero(),
    queue: zero(),
    computeInput: zero(),
    computeInfer: zero(),
    computeOutput: zero(),
    batches: new Map(),
  };
};
