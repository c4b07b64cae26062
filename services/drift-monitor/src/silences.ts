import type { NewSilence, Silence } from './domain/silence.js';

/** When nobody wants to be told. What is silenced is computed and kept all the same. */
export abstract class Silences {
  /** Those that have not ended, soonest end first. */
  abstract list(nowMs: number): Promise<Silence[]>;
  abstract add(silence: NewSilence): Promise<Silence>;
  /** Ends one now; false when there is none that goes on. */
  abstract end(id: string, nowMs: number): Promise<boolean>;
}
