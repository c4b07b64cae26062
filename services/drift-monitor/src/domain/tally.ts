import { statuses, type Cell, type Counted, type Status } from './read-record.js';

export type StatusCounts = Record<Status, number>;

/** What a batch adds to one cell. */
export interface CellDelta {
  cell: Cell;
  statuses: StatusCounts;
  /** Of every prediction the slots it raises; shared between the cells it is counted in. */
  slots: Uint32Array[];
}

export const noStatuses = (): StatusCounts =>
  Object.fromEntries(statuses.map((status) => [status, 0])) as unknown as StatusCounts;

/** Adds predictions up by cell, each in the whole and in every segment it falls in; cells in the order first met. */
export function tally(predictions: readonly Counted[]): CellDelta[] {
  const deltas = new Map<string, CellDelta>();
  for (const { cell, segments, status, slots } of predictions) {
    for (const segment of ['', ...segments]) {
      const key = cellKey({ ...cell, segment });
      let delta = deltas.get(key);
      if (!delta) deltas.set(key, (delta = { cell: { ...cell, segment }, statuses: noStatuses(), slots: [] }));
      delta.statuses[status] += 1;
      delta.slots.push(slots);
    }
  }
  return [...deltas.values()];
}

/** One text a cell; no part can pretend to be two: a model's name holds no slash, and a variant's length is told. */
export function cellKey({ model, version, variant, segment, paneMs }: Cell): string {
  return `${model}/${version}/${paneMs}/${variant.length}/${variant}${segment}`;
}
