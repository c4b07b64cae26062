import type { Counters } from '@vinaigrette/drift';
import type { Selection } from './domain/drift-query.js';
import type { Range } from './domain/pane.js';
import type { StatusCounts } from './domain/tally.js';

/** What was counted, added up. */
export interface Window {
  statuses: StatusCounts;
  counters: Counters;
}

export interface CountedVersion {
  model: string;
  version: number;
  oldestPaneMs: number;
  newestPaneMs: number;
  predictions: number;
}

/** The counters of all panes, read. */
export abstract class Panes {
  abstract read(selection: Selection & { version: number }, range: Range): Promise<Window>;
  /** Every model version with a counted prediction; of one model when it is named. */
  abstract counted(model?: string): Promise<CountedVersion[]>;
  /** Those with a prediction at or after the moment, event time. */
  abstract activeSince(ms: number): Promise<{ model: string; version: number }[]>;
}
