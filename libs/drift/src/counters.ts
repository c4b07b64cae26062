import type { LoggedRow } from '@vinaigrette/signature';
import { slotsOf, type Grid } from './grid.js';

/** How often each slot was raised; a slot that is absent was not. Whole numbers, so any order of adding gives the same. */
export type Counters = Map<number, number>;

const FORMAT = 1;

/** Counts one row. Throws as `slotsOf`, with nothing counted. */
export function countRow(grid: Grid, row: LoggedRow, counters: Counters): void {
  for (const slot of slotsOf(grid, row)) raise(counters, slot, 1);
}

export function addCounters(into: Counters, from: Counters): void {
  for (const [slot, count] of from) raise(into, slot, count);
}

export function raise(counters: Counters, slot: number, by: number): void {
  counters.set(slot, (counters.get(slot) ?? 0) + by);
}

/** A format byte, then for each slot in order: distance from the slot before, count; both as LEB128. */
export function encodeCounters(counters: Counters): Uint8Array {
  const bytes = [FORMAT];
  let last = 0;
  for (const [slot, count] of [...counters].sort(([a], [b]) => a - b)) {
    pushVarint(bytes, slot - last);
    pushVarint(bytes, count);
    last = slot;
  }
  return Uint8Array.from(bytes);
}

/** The inverse of `encodeCounters`. Throws RangeError when the bytes are no counters. */
export function decodeCounters(bytes: Uint8Array): Counters {
  if (bytes[0] !== FORMAT) throw new RangeError(`Cannot read counters of format ${bytes[0]}, only ${FORMAT}`);
  const counters: Counters = new Map();
  const cursor = { at: 1 };
  let slot = 0;
  while (cursor.at < bytes.length) {
    slot += readVarint(bytes, cursor);
    counters.set(slot, readVarint(bytes, cursor));
  }
  return counters;
}

// By division, not by shifts: counts may pass 2^32.
function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}

function readVarint(bytes: Uint8Array, cursor: { at: number }): number {
  for (let value = 0, weight = 1; ; weight *= 128) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) throw new RangeError('Counters end within a number');
    value += (byte % 128) * weight;
    if (byte < 128) return value;
  }
}
