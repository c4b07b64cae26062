import { create } from '@bufbuild/protobuf';
import { OutcomeSchema } from '@vinaigrette/contracts/events';
import type { GuardRollouts } from './guard-rollouts.js';
import type { PredictionLog } from './prediction-log.js';

export interface Feedback {
  predictionId: string;
  kind: 'clicked' | 'purchased' | 'label';
  /** What was clicked or purchased. */
  skus?: readonly string[] | undefined;
  /** The truth about a prediction: a number, or the name of a class. */
  value?: number | string | undefined;
  /** In the shop's currency. */
  revenue?: number | undefined;
  /** Event time, milliseconds since the epoch; absent: now. */
  occurredAtMs?: number | undefined;
}

/** What became of a prediction. Ids nobody knows are taken too: which gateway made one is not known here. */
export class RecordOutcome {
  constructor(
    private readonly log: PredictionLog,
    private readonly guard: GuardRollouts,
    private readonly newId: () => string,
  ) {}

  record({ predictionId, kind, skus = [], value, revenue, occurredAtMs }: Feedback): { outcomeId: string } {
    const outcomeId = this.newId();
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
    this.guard.becameOf(predictionId, kind);
    return { outcomeId };
  }
}
