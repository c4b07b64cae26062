import type { LoggedRow } from '@vinaigrette/signature';
import { OldestFirst } from './oldest-first.js';
import type { Labelled, Outcome } from './online-model.js';

/** Of the time that either may wait: so much later than it could be, the oldest is forgotten at the latest. */
const LOOKS_SHARE = 1 / 64;

export interface JoinLimits {
  /** Predictions that are remembered, answered or not; the oldest go first. */
  predictionsMax: number;
  /** Outcomes that wait for a prediction that was not read yet; the oldest go first. */
  outcomesMax: number;
  /** How much older than the newest prediction, in event time, either may be. */
  waitMs: number;
}

/** A prediction that was read: its inputs, `other` where it is another model's, `done` once its outcome is known. */
type Waiting = { atMs: number; inputs: LoggedRow | 'other' | 'done' };

export interface JoinCounts {
  /** Outcomes of predictions that already had one. */
  repeated: number;
  /** Outcomes whose prediction was never read, or was forgotten. */
  unknownPrediction: number;
  /** Predictions that were forgotten for want of room while they had no outcome. */
  forgotten: number;
}

export interface SavedJoin {
  predictions: [string, Waiting][];
  outcomes: [string, Outcome[]][];
  newestMs: number;
  counts: JoinCounts;
}

/**
 * Brings predictions and their outcomes together, whichever is read first. A prediction is learnt from once: its first
 * outcome counts. Memory is bounded by the limits.
 */
export class JoinOutcomes {
  readonly counts: JoinCounts;
  private readonly predictions: OldestFirst<Waiting>;
  private readonly outcomes: OldestFirst<Outcome[]>;
  private newestMs: number;
  /** The newest time at which something was last looked for that is too old. */
  private lookedAtMs = 0;

  constructor(
    private readonly limits: JoinLimits,
    private readonly joined: (labelled: Labelled) => void,
    saved?: SavedJoin,
  ) {
    this.predictions = new OldestFirst(saved?.predictions);
    this.outcomes = new OldestFirst(saved?.outcomes);
    this.newestMs = saved?.newestMs ?? 0;
    this.counts = { repeated: 0, unknownPrediction: 0, forgotten: 0, ...saved?.counts };
  }

  /** `inputs`: undefined where the prediction is not this model's. */
  predicted(id: string, atMs: number, inputs: LoggedRow | undefined): void {
    if (this.predictions.get(id)) return;
    this.newestMs = Math.max(this.newestMs, atMs);
    const waiting: Waiting = { atMs, inputs: inputs ?? 'other' };
    this.predictions.add(id, waiting);
    const early = this.outcomes.get(id);
    if (early) {
      this.outcomes.delete(id);
      for (const outcome of early) this.join(waiting, outcome);
    }
    this.forget();
  }

  becameOf(outcome: Outcome): void {
    const waiting = this.predictions.get(outcome.predictionId);
    if (waiting) return this.join(waiting, outcome);
    const early = this.outcomes.get(outcome.predictionId);
    if (early) early.push(outcome);
    else this.outcomes.add(outcome.predictionId, [outcome]);
    this.forget();
  }

  /** How many wait for their outcome, or for nothing more; and how many outcomes wait for their prediction. */
  get waiting(): { predictions: number; outcomes: number } {
    return { predictions: this.predictions.size, outcomes: this.outcomes.size };
  }

  save(): SavedJoin {
    const { newestMs, counts } = this;
    return { predictions: [...this.predictions], outcomes: [...this.outcomes], newestMs, counts };
  }

  private join(waiting: Waiting, outcome: Outcome): void {
    const { inputs } = waiting;
    if (inputs === 'other') return;
    if (inputs === 'done') {
      this.counts.repeated++;
      return;
    }
    waiting.inputs = 'done';
    const { predictionId, atMs, kind, skus, number } = outcome;
    this.joined({ predictionId, atMs, kind, skus, number, inputs });
  }

  /** Called for every record, so it looks for what is too old only as event time goes on. */
  private forget(): void {
    const { predictionsMax, outcomesMax, waitMs } = this.limits;
    const isFull = this.predictions.size > predictionsMax || this.outcomes.size > outcomesMax;
    if (!isFull && this.newestMs < this.lookedAtMs + waitMs * LOOKS_SHARE) return;
    this.lookedAtMs = this.newestMs;
    const oldestMs = this.newestMs - waitMs;
    for (let first = this.predictions.oldest(); first; first = this.predictions.oldest()) {
      const [id, { atMs, inputs }] = first;
      if (this.predictions.size <= predictionsMax && atMs >= oldestMs) break;
      this.predictions.delete(id);
      if (typeof inputs !== 'string' && atMs >= oldestMs) this.counts.forgotten++;
    }
    for (let first = this.outcomes.oldest(); first; first = this.outcomes.oldest()) {
      const [id, early] = first;
      if (this.outcomes.size <= outcomesMax && (early[0] as Outcome).atMs >= oldestMs) break;
      this.outcomes.delete(id);
      this.counts.unknownPrediction += early.length;
    }
  }
}
