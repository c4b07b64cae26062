import { setTimeout as delay } from 'node:timers/promises';
import { BUCKETS, type Side, type Trial } from '@vinaigrette/serving';
import { ejectionPolicy, LastRequests, reasonToEject } from './domain/ejection.js';
import { addRequest, noCounts, type Counted, type SideCounts } from './domain/rollout-counts.js';
import type { Drawn } from './domain/route.js';
import { MISMATCH_CHI_SQUARE, SampleRatio } from './domain/sample-ratio.js';
import type { Rollouts } from './rollouts.js';

/** Between two reports to the registry, in milliseconds. */
const REPORT_INTERVAL_MS = 1_000;

/**
 * A ratio that is off has to be so at this many reports in a row: answers come back in bursts, one side before the other.
 */
const REPORTS_ASTRAY = 3;

/** A report that takes longer, in milliseconds, is given up: the next one holds its counts too. */
const REPORT_TIMEOUT_MS = 2_000;

/** Predictions of which an outcome can still be counted; the oldest are forgotten first. */
const AWAITED_MAX = 100_000;

interface Guarded {
  trial: Trial;
  candidate: SideCounts;
  control: SideCounts;
  lastOfCandidate: LastRequests;
  lastInForce: LastRequests;
  /** Of the units since the candidate first answered for itself: before, it was being loaded. */
  ratio: SampleRatio | undefined;
  /** Reports in a row at which the ratio was off. */
  reportsAstray: number;
  ejectedWhy: string | undefined;
}

/** What is shown of a trial. */
export interface TrialStatus {
  rolloutId: string;
  variant: string;
  counts: Record<'candidate' | 'control', SideCounts>;
  ejected: boolean;
  sampleRatioChiSquare: number;
}

interface Awaited {
  sides: readonly SideCounts[];
  kinds: readonly string[];
  untilMs: number;
}

interface Log {
  warn(details: object, text: string): void;
}

/**
 * Counts both sides of every trial and tells the registry, which decides for all replicas. A candidate that is plainly
 * broken is ejected here at once: its units get what is in force until the rollout has gone. A trial whose sides are not
 * in the ratio that was drawn is to be paused: its numbers mean nothing, whatever they say.
 */
export class GuardRollouts {
  private readonly guarded = new Map<string, Guarded>();
  private readonly ejectedIds = new Set<string>();
  private readonly awaited = new Map<string, Awaited>();
  private readonly stopping = new AbortController();
  private reporting: Promise<void> = Promise.resolve();

  /** `active`: the ids of the rollouts in force now; the others are forgotten. */
  constructor(
    private readonly rollouts: Rollouts,
    private readonly active: () => ReadonlySet<string>,
    private readonly log: Log,
  ) {}

  /** Trials whose candidates this replica sends nobody to. */
  get ejected(): ReadonlySet<string> {
    return this.ejectedIds;
  }

  /** One request with the sides its unit is on. */
  count(drawn: readonly Drawn[], unit: string, counted: Counted): void {
    for (const { trial, draw } of drawn) {
      const guarded = this.of(trial);
      const isCandidate = draw.side === 'candidate';
      (isCandidate ? guarded.lastOfCandidate : guarded.lastInForce).add(counted.error);
      const counts = countsOf(guarded, draw.side);
      if (counts) {
        addRequest(counts, counted);
        const asDrawn = !counted.error && !counted.fallback;
        const candidateShare = Math.max(0.5, draw.shareBps / BUCKETS);
        if (asDrawn && isCandidate) guarded.ratio ??= new SampleRatio();
        if (asDrawn) guarded.ratio?.add(unit, isCandidate, candidateShare);
      }
      if (isCandidate) this.judge(guarded);
    }
  }

  /** An outcome of this prediction, of one of these kinds and within this time, is a success of its side. */
  await(predictionId: string, drawn: readonly Drawn[], success: { kinds: readonly string[]; withinMs: number }): void {
    const sides = drawn.flatMap(({ trial, draw }) => countsOf(this.of(trial), draw.side) ?? []);
    if (sides.length === 0) return;
    this.awaited.set(predictionId, { sides, kinds: success.kinds, untilMs: Date.now() + success.withinMs });
    const [oldest] = this.awaited.keys();
    if (this.awaited.size > AWAITED_MAX) this.awaited.delete(oldest as string);
  }

  /** The first success of a prediction counts, and only it. */
  becameOf(predictionId: string, kind: string): void {
    const awaited = this.awaited.get(predictionId);
    if (!awaited?.kinds.includes(kind)) return;
    this.awaited.delete(predictionId);
    if (Date.now() <= awaited.untilMs) for (const side of awaited.sides) side.successes += 1;
  }

  *statuses(): Iterable<TrialStatus> {
    for (const { trial, candidate, control, ejectedWhy, ratio } of this.guarded.values()) {
      const counts = { candidate, control };
      const ejected = ejectedWhy !== undefined;
      const { id: rolloutId, variant } = trial;
      yield { rolloutId, variant, counts, ejected, sampleRatioChiSquare: ratio?.chiSquare() ?? 0 };
    }
  }

  start(): void {
    this.reporting = this.keepReporting();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.reporting;
  }

  private async keepReporting(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await delay(REPORT_INTERVAL_MS, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
      const active = this.active();
      for (const [id, guarded] of this.guarded) {
        if (active.has(id)) await this.report(guarded);
        else {
          this.guarded.delete(id);
          this.ejectedIds.delete(id);
        }
      }
    }
  }

  /** A registry that is away hears the same, and more, a second later. */
  private async report(guarded: Guarded): Promise<void> {
    const { trial, candidate, control, ejectedWhy, ratio } = guarded;
    const mismatchWhy = this.mismatchOf(guarded);
    const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(REPORT_TIMEOUT_MS)]);
    try {
      await this.rollouts.report({ rolloutId: trial.id, step: trial.step, candidate, control }, signal);
      const why = ejectedWhy ?? mismatchWhy;
      if (why === undefined) return;
      const evidence = { candidate, control, sampleRatioChiSquare: ratio?.chiSquare() ?? 0 };
      const verdict = ejectedWhy === undefined ? 'HOLD' : 'BAD';
      await this.rollouts.complain(trial.id, { verdict, why, evidence }, signal);
    } catch {
      return;
    }
  }

  private mismatchOf(guarded: Guarded): string | undefined {
    const chiSquare = guarded.ratio?.chiSquare() ?? 0;
    guarded.reportsAstray = chiSquare >= MISMATCH_CHI_SQUARE ? guarded.reportsAstray + 1 : 0;
    if (guarded.reportsAstray < REPORTS_ASTRAY) return undefined;
    const why = `units of the two sides are not in the ratio that was drawn: chi-square ${chiSquare.toFixed(1)}`;
    if (guarded.reportsAstray === REPORTS_ASTRAY) this.log.warn({ rollout: guarded.trial.id, chiSquare }, why);
    return why;
  }

  private judge(guarded: Guarded): void {
    const { trial, lastOfCandidate, lastInForce } = guarded;
    if (guarded.ejectedWhy !== undefined) return;
    guarded.ejectedWhy = reasonToEject(lastOfCandidate, lastInForce, ejectionPolicy);
    if (guarded.ejectedWhy === undefined) return;
    this.ejectedIds.add(trial.id);
    this.log.warn({ rollout: trial.id, why: guarded.ejectedWhy }, `${trial.variant} ejected`);
  }

  private of(trial: Trial): Guarded {
    const known = this.guarded.get(trial.id);
    if (known?.trial.step === trial.step) return known;
    const guarded: Guarded = {
      trial,
      candidate: noCounts(),
      control: noCounts(),
      lastOfCandidate: known?.lastOfCandidate ?? new LastRequests(ejectionPolicy.requestsMax),
      lastInForce: known?.lastInForce ?? new LastRequests(ejectionPolicy.requestsMax),
      ratio: undefined,
      reportsAstray: 0,
      ejectedWhy: known?.ejectedWhy,
    };
    this.guarded.set(trial.id, guarded);
    return guarded;
  }
}

function countsOf({ candidate, control }: Guarded, side: Side): SideCounts | undefined {
  return side === 'candidate' ? candidate : side === 'control' ? control : undefined;
}
