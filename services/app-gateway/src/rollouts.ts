import type { SideCounts } from './domain/rollout-counts.js';

/** What one gateway has counted of a trial's step since it began to count. */
export interface RolloutReport {
  rolloutId: string;
  step: number;
  candidate: SideCounts;
  control: SideCounts;
}

/** Where rollouts are decided for all replicas: the registry. */
export abstract class Rollouts {
  abstract report(report: RolloutReport, signal: AbortSignal): Promise<void>;
  /** Says that a candidate is plainly broken; the registry ends the rollout. `evidence` is kept with it. */
  abstract complain(rolloutId: string, why: string, evidence: object, signal: AbortSignal): Promise<void>;
}
