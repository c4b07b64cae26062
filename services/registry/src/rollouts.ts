import type { Rollout } from '@vinaigrette/contracts/registry';
import type { StepCounts } from './domain/count-rollout.js';
import type { RolloutDecision } from './domain/move-rollout.js';
import type { RolloutFacts, RolloutWish } from './domain/start-rollout.js';

/** Every candidate that is or was on trial, with its history and what gateways counted of it. */
export abstract class Rollouts {
  /** Begins one, when `decide` lets it; nothing of the subject changes between its facts and the rollout. */
  abstract start(
    wish: RolloutWish,
    identity: { id: string; salt: string },
    decide: (facts: RolloutFacts) => { control: number },
  ): Promise<Rollout>;
  /**
   * Does what `decide` makes of the rollout as it stands: position, history, revision and, when it is completed, the
   * alias change together or not at all. Answers with the rollout afterwards. Throws ROLLOUT_NOT_FOUND.
   */
  abstract change(
    id: string,
    decide: (rollout: Rollout, seen: { nowMs: number; counts: StepCounts[] }) => RolloutDecision | undefined,
  ): Promise<Rollout>;
  /** Newest first, with their changes. */
  abstract list(query: { subject?: { kind: string; name: string } | undefined; active: boolean }): Promise<Rollout[]>;
  /** The running canaries whose step has lasted as long as it must. */
  abstract due(): Promise<string[]>;
  /**
   * Takes counts that only grow: what arrives late changes nothing. Answers with the rollout, its changes left out, and
   * the sums of all gateways by step. Throws ROLLOUT_NOT_FOUND.
   */
  abstract count(report: CountReport): Promise<{ rollout: Rollout; counts: StepCounts[] }>;
}

/** What one process of a gateway has counted at one step. */
export interface CountReport extends StepCounts {
  rolloutId: string;
  gatewayId: string;
  processId: string;
}
