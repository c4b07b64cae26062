import type { WantedState } from '@vinaigrette/contracts/registry';

/** What is wanted where, as the database has it. */
export abstract class WantedStates {
  /** Cheap: grows with every change. */
  abstract revision(): Promise<bigint>;
  /** The whole state of one moment. */
  abstract read(): Promise<WantedState>;
}
