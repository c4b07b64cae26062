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

/** What one variant and segment of a version counted in one pane, its counters as they are stored. */
export interface PaneRow {
  paneMs: number;
  variant: string;
  /** Empty: the whole. */
  segment: string;
  statuses: StatusCounts;
  encoded: Uint8Array;
}

export type VersionSelection = Selection & { version: number };

/** The counters of all panes, read. */
export abstract class Panes {
  /** One segment, or the whole, on a grid of so many slots; 0: the version has none, and only its statuses count. */
  abstract read(selection: VersionSelection, range: Range, slots: number): Promise<Window>;
  /** Every pane of the version's variants and segments in the range, oldest first. */
  abstract rows(selection: Omit<VersionSelection, 'segment'>, range: Range): Promise<PaneRow[]>;
  /** By pane, of every variant together, those with a prediction: how many were counted. */
  abstract totals(version: { model: string; version: number }, range: Range): Promise<ReadonlyMap<number, number>>;
  /** Every model version with a counted prediction; of one model when it is named. */
  abstract counted(model?: string): Promise<CountedVersion[]>;
  /** Those with a prediction at or after the moment, event time. */
  abstract activeSince(ms: number): Promise<{ model: string; version: number }[]>;
  /** Deletes the panes that nothing was added to since the moment; how many there were. */
  abstract forget(untouchedSinceMs: number): Promise<number>;
}
