/** Where a record stood in the log. */
export interface Place {
  offset: bigint;
  gatewayId: string;
  sequence: bigint;
}

export interface Fresh<T> {
  fresh: T[];
  /** How many were dropped: below `next`, or a sequence that was counted already. */
  duplicates: number;
  /** The first offset wanted after this batch. */
  next: bigint;
  /** The last sequence of each gateway after this batch. */
  lastSequences: Map<string, bigint>;
}

/**
 * The entries that were not counted yet. A reader may hand over the same offsets again; a shipper may write the same
 * sequence again under a new offset, also within one batch. Sequences of a gateway only grow within a partition.
 */
export function freshEntries<T extends Place>(
  entries: readonly T[],
  next: bigint,
  lastSequences: ReadonlyMap<string, bigint>,
): Fresh<T> {
  const result: Fresh<T> = { fresh: [], duplicates: 0, next, lastSequences: new Map(lastSequences) };
  for (const entry of entries) {
    const last = result.lastSequences.get(entry.gatewayId);
    const counted = entry.offset < result.next || (last !== undefined && entry.sequence <= last);
    if (entry.offset >= result.next) result.next = entry.offset + 1n;
    if (counted) {
      result.duplicates += 1;
    } else {
      result.lastSequences.set(entry.gatewayId, entry.sequence);
      result.fresh.push(entry);
    }
  }
  return result;
}
