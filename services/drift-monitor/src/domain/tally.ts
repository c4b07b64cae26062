import { raise, type Counters } from '@vinaigrette/drift';
import { statuses, type Cell, type Counted, type Status } from './read-record.js';

export type StatusCounts = Record<Status, number>;

/** What a batch adds to one cell. */
export interface CellDelta {
  cell: Cell;
  statuses: StatusCounts;
  counters: Counters;
}

export const noStatuses = (): StatusCounts =>
  Object.fromEntries(statuses.map((status) => [status, 0])) as unknown as StatusCounts;

/** Adds predictions up by cell; cells in the order they are first met. */
export function tally(predictions: readonly Counted[]): CellDelta[] {
  const deltas = new Map<string, CellDelta>();
  for (const { cell, status, slots } of predictions) {
    const key = cellKey(cell);
    let delta = deltas.get(key);
    if (!delta) deltas.set(key, (delta = { cell, statuses: noStatuses(), counters: new Map() }));
    delta.statuses[status] += 1;
    for (const slot of slots) raise(delta.counters, slot, 1);
  }
  return [...deltas.values()];
}

/** One text a cell; no part can pretend to be two. */
export function cellKey({ model, version, variant, segment, paneMs }: Cell): string {
  return JSON.stringify([model, version, variant, segment, paneMs]);
}
