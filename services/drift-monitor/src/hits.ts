import type { Selection } from './domain/drift-query.js';
import type { HitCounts } from './domain/hit-rate.js';
import type { Range } from './domain/pane.js';

/** What customers did with what they were shown. */
export abstract class Hits {
  /** Predictions of the range, by who answered them: the model, or a fallback. */
  abstract read(
    selection: Selection & { version: number },
    range: Range,
  ): Promise<{ answered: HitCounts; fallback: HitCounts }>;
  /** Adds up predictions that were received before the moment, and forgets them one by one; how many there were. */
  abstract rollUp(receivedBeforeMs: number): Promise<number>;
}
