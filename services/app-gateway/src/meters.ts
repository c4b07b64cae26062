import type { NoAnswer } from './domain/model-answer.js';

/** What on-call wants counted. */
export abstract class Meters {
  /** `reason`: why the model's answer was not used; `no-items`: it had none to give. */
  abstract fellBack(useCase: string, reason: NoAnswer | 'no-items'): void;
}
