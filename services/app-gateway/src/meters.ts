import type { NoAnswer } from './domain/model-answer.js';

/** What came of copying a request to a shadow; what cannot be compared is undefined. */
export interface ShadowOutcome {
  answered: boolean;
  /** 0..1 */
  rankOverlap?: number | undefined;
  scoreDelta?: number | undefined;
  /** The shadow's time less the shown version's, in milliseconds. */
  latencyDeltaMs?: number | undefined;
}

/** What on-call wants counted. */
export abstract class Meters {
  /** `reason`: why the model's answer was not used; `no-items`: it had none to give. `rung`: what answered instead. */
  abstract fellBack(useCase: string, reason: NoAnswer | 'no-items', rung: string): void;
  /** `known`: this gateway lately made the prediction; others' and older ones are taken as well. */
  abstract tookFeedback(kind: string, known: boolean): void;
  abstract shadowed(useCase: string, variant: string, outcome: ShadowOutcome): void;
  /** Too many shadows were under way. */
  abstract shadowDropped(useCase: string, variant: string): void;
}
