import type { SideCounts } from './domain/rollout-counts.js';

/** What one gateway has counted of a trial's step since it began to count. */
export interface RolloutReport {
  rolloutId: string;
  step: number;
  candidate: SideCounts;
  control: SideCounts;
}

/** BAD: the candidate is plainly broken. HOLD: its numbers cannot be compared, and nobody should go on by them. */
export interface Complaint {
  verdict: 'BAD' | 'HOLD';
  why: string;
  evidence: object;
}

/** Where rollouts are decided for all replicas: the registry. */
export abstract class Rollouts {
  abstract report(report: RolloutReport, signal: AbortSignal): Promise<void>;
  /** The registry ends the rollout (BAD) or pauses it (HOLD), once; what is said is kept with it. */
  abstract complain(rolloutId: string, complaint: Complaint, signal: AbortSignal): Promise<void>;
}
