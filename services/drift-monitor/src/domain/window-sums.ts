import { addEncoded, type Counters } from '@vinaigrette/drift';
import type { PaneRow, Window } from '../panes.js';
import type { Range } from './pane.js';
import { statuses } from './read-record.js';
import { noStatuses } from './tally.js';

/** By segment, '' for the whole: everything of a window, added up. */
export type WindowSums = Map<string, Window>;

/** Adds panes up to the windows of a grid of so many slots; 0: only statuses count. */
export function sumPanes(rows: readonly PaneRow[], { fromMs, toMs }: Range, slots: number): WindowSums {
  const sums: WindowSums = new Map();
  for (const row of rows) if (row.paneMs >= fromMs && row.paneMs < toMs) addPane(sums, row, slots, 1);
  return sums;
}

/** Adds a pane to its segment's sum, or takes it away: counters are whole numbers, so nothing of it stays. */
export function addPane(
  sums: WindowSums,
  { segment, statuses: counted, encoded }: PaneRow,
  slots: number,
  times: 1 | -1,
) {
  let sum = sums.get(segment);
  if (!sum) sums.set(segment, (sum = { statuses: noStatuses(), counters: new Float64Array(slots) }));
  for (const status of statuses) sum.statuses[status] += times * counted[status];
  if (slots > 0) addEncoded(sum.counters, encoded, times);
}

/** Records of any status. */
export const predictionsIn = (window: Window | undefined): number =>
  window ? statuses.reduce((sum, status) => sum + window.statuses[status], 0) : 0;

/** The whole of a window; nothing where nothing was counted. */
export const wholeOf = (sums: WindowSums, slots: number): { statuses: Window['statuses']; counters: Counters } =>
  sums.get('') ?? { statuses: noStatuses(), counters: new Float64Array(slots) };
