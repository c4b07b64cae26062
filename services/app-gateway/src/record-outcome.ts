import { create } from '@bufbuild/protobuf';
import { OutcomeSchema } from '@vinaigrette/contracts/events';
import type { OutcomeKind } from '@vinaigrette/documents';
import { RecentTexts } from './domain/recent-texts.js';
import { uuidOf } from './domain/uuid-of.js';
import type { GuardRollouts } from './guard-rollouts.js';
import type { Meters } from './meters.js';
import type { PredictionLog } from './prediction-log.js';

export interface Feedback {
  predictionId: string;
  kind: OutcomeKind;
  /** What was clicked, added or purchased. */
  skus?: readonly string[] | undefined;
  /** The truth about a prediction, or a rating: a number, or the name of a class. */
  value?: number | string | undefined;
  /** In the shop's currency. */
  revenue?: number | undefined;
  /** Event time, milliseconds since the epoch; absent: now. */
  occurredAtMs?: number | undefined;
  /** The same feedback sent again has the same key, and is taken once. */
  key?: string | undefined;
}

/** Keys remembered, so that what is sent again soon is not written again. */
const KEYS_MAX = 100_000;

/** What became of a prediction. Ids nobody knows are taken too: which gateway made one is not known here. */
export class RecordOutcome {
  private readonly taken = new RecentTexts(KEYS_MAX);

  constructor(
    private readonly log: PredictionLog,
    private readonly guard: GuardRollouts,
    private readonly meters: Meters,
    private readonly made: RecentTexts,
    private readonly newId: () => string,
  ) {}

  /**
   * A key makes the outcome's id, so that one taken by another gateway, or before a restart, is known as the same by
   * whoever reads the log.
   */
  record({ predictionId, kind, skus = [], value, revenue, occurredAtMs, key }: Feedback): { outcomeId: string } {
    const outcomeId = key === undefined ? this.newId() : uuidOf(`${predictionId} ${kind} ${key}`);
    if (this.taken.has(outcomeId)) return { outcomeId };
    if (key !== undefined) this.taken.add(outcomeId);
    this.log.becameOf(
      create(OutcomeSchema, {
        outcomeId,
        predictionId,
        occurredAtMs: BigInt(occurredAtMs ?? Date.now()),
        kind,
        skus: [...skus],
        ...(typeof value === 'number' ? { number: value } : { text: value ?? '' }),
        ...(revenue === undefined ? {} : { revenue }),
      }),
    );
    this.meters.tookFeedback(kind, this.made.has(predictionId));
    this.guard.becameOf(predictionId, kind);
    return { outcomeId };
  }
}
