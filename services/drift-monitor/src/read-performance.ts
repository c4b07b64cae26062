import type { DriftQuery, Selection } from './domain/drift-query.js';
import { hitRate, type HitRate } from './domain/hit-rate.js';
import type { Range } from './domain/pane.js';
import type { Hits } from './hits.js';
import type { ReadDrift } from './read-drift.js';

export interface Performance {
  selection: Selection & { version: number };
  range: Range;
  /** Answered by the model. */
  answered: HitRate;
  /** Asked of the model, answered by a rung of the fallback ladder. */
  fallback: HitRate;
}

/** What customers did with what they were shown, for predictions made in a range of event time. */
export class ReadPerformance {
  constructor(
    private readonly hits: Hits,
    private readonly drift: ReadDrift,
  ) {}

  /** Throws MODEL_NOT_FOUND or VERSION_NOT_FOUND for what was neither registered nor counted. */
  async read({ selection, range }: DriftQuery): Promise<Performance> {
    const found = { ...selection, version: await this.drift.versionOf(selection) };
    const { answered, fallback } = await this.hits.read(found, range);
    return { selection: found, range, answered: hitRate(answered), fallback: hitRate(fallback) };
  }
}
