import type { LoggedRow } from '@vinaigrette/signature';
import { slotsOf, type Grid } from './grid.js';

/** How often each slot of a grid was raised; as long as the grid. Whole numbers: any order of adding gives the same. */
export type Counters = Float64Array;

const FORMAT = 1;

export const noCounters = (grid: Grid): Counters => new Float64Array(grid.size);

/** Counts one row. Throws as `slotsOf`, with nothing counted. */
export function countRow(grid: Grid, row: LoggedRow, counters: Counters): void {
  for (const slot of slotsOf(grid, row)) counters[slot]! += 1;
}

/** A format byte, then for each slot that was raised, in order: distance from the slot before, count; both as LEB128. */
export function encodeCounters(counters: Counters): Uint8Array {
  const bytes = [FORMAT];
  let last = 0;
  for (let slot = 0; slot < counters.length; slot++) {
    const count = counters[slot] as number;
    if (count === 0) continue;
    pushVarint(bytes, slot - last);
    pushVarint(bytes, count);
    last = slot;
  }
  return Uint8Array.from(bytes);
}

/** Adds what `encodeCounters` wrote, or takes it away again. Throws RangeError when the bytes are no counters, or of a larger grid. */
export function addEncoded(into: Counters, bytes: Uint8Array, times: 1 | -1 = 1): void {
  const reader = new PairReader(bytes);
  while (reader.next()) {
    if (reader.slot >= into.length) throw new RangeError(`Slot ${reader.slot} is none of a grid of ${into.length}`);
    into[reader.slot]! += times * reader.count;
  }
}

/**
 * Encoded counters with each of these slots raised by one, a slot as often as it is there. `bytes` absent: nothing was
 * counted before. Without the grid, so that whoever stores counters need not know it. Sorts `slots`.
 */
export function raiseEncoded(bytes: Uint8Array | undefined, slots: Uint32Array): Uint8Array {
  const stored = new PairReader(bytes ?? Uint8Array.of(FORMAT));
  const merged = [FORMAT];
  let last = 0;
  const push = (slot: number, count: number) => {
    pushVarint(merged, slot - last);
    pushVarint(merged, count);
    last = slot;
  };
  let left = stored.next();
  slots.sort();
  for (let at = 0; at < slots.length;) {
    const slot = slots[at] as number;
    let count = 0;
    for (; slots[at] === slot; at++) count += 1;
    for (; left && stored.slot < slot; left = stored.next()) push(stored.slot, stored.count);
    if (left && stored.slot === slot) {
      count += stored.count;
      left = stored.next();
    }
    push(slot, count);
  }
  for (; left; left = stored.next()) push(stored.slot, stored.count);
  return Uint8Array.from(merged);
}

/** Walks through encoded counters, slot by slot. */
class PairReader {
  slot = 0;
  count = 0;
  private at = 1;

  constructor(private readonly bytes: Uint8Array) {
    if (bytes[0] !== FORMAT) throw new RangeError(`Cannot read counters of format ${bytes[0]}, only ${FORMAT}`);
  }

  next(): boolean {
    if (this.at >= this.bytes.length) return false;
    this.slot += this.varint();
    this.count = this.varint();
    return true;
  }

  // By multiplication, not by shifts: counts may pass 2^32.
  private varint(): number {
    for (let value = 0, weight = 1; ; weight *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new RangeError('Counters end within a number');
      value += (byte % 128) * weight;
      if (byte < 128) return value;
    }
  }
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}
