import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { buildBaseline } from './build-baseline.js';
import { addEncoded, countRow, encodeCounters, noCounters, raiseEncoded } from './counters.js';
import { nextUp } from './float.js';
import { gridOf, slotsOf } from './grid.js';

const basket = fc.record({
  items: fc.array(fc.constantFrom('milk', 'sugar', 'tea', 'salt', ''), { maxLength: 6 }),
  confidence: fc.array(fc.oneof(fc.double({ min: 0, max: 1 }), fc.constant(NaN)), { maxLength: 2 }),
});
const baskets = fc.array(basket, { maxLength: 40 });
const grid = gridOf(
  buildBaseline(
    [
      { name: 'size', kind: 'numeric', from: { kind: 'length', tensor: 'items' } },
      { name: 'known', kind: 'numeric', from: { kind: 'knownShare', tensor: 'items' } },
      { name: 'top', kind: 'numeric', from: { kind: 'first', tensor: 'confidence' }, datatype: 'FP32' },
      { name: 'first', kind: 'categorical', from: { kind: 'first', tensor: 'items' } },
      { name: 'items', kind: 'items', from: { kind: 'values', tensor: 'items' } },
    ],
    [
      { items: ['milk', 'sugar'], confidence: [0.8] },
      { items: ['tea'], confidence: [0.2] },
    ],
  ),
);
const counted = (rows: { items: string[]; confidence: number[] }[]) => {
  const counters = noCounters(grid);
  for (const row of rows) countRow(grid, row, counters);
  return counters;
};

describe('counters', () => {
  it('do not depend on order, and those of two parts add up to those of the whole', () => {
    fc.assert(
      fc.property(baskets, baskets, (some, others) => {
        const whole = counted([...some, ...others]);
        const sum = counted([...others].reverse());
        addEncoded(sum, encodeCounters(counted(some)));
        expect(sum).toEqual(whole);
        const slots = Uint32Array.from(some.flatMap((row) => slotsOf(grid, row)));
        const raised = raiseEncoded(encodeCounters(counted(others)), slots);
        expect(Buffer.from(raised).equals(encodeCounters(whole))).toBe(true);
      }),
    );
  });

  it('grow out of nothing', () => {
    expect(raiseEncoded(undefined, Uint32Array.of(7, 2, 7))).toEqual(
      encodeCounters(Float64Array.of(0, 0, 1, 0, 0, 0, 0, 2)),
    );
  });

  it('come back from their bytes, far past 2^32', () => {
    const entry = fc.tuple(fc.integer({ min: 0, max: 400 }), fc.maxSafeNat());
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ([slot]) => slot }), (entries) => {
        const [counters, read] = [new Float64Array(401), new Float64Array(401)];
        for (const [slot, count] of entries) counters[slot] = count;
        addEncoded(read, encodeCounters(counters));
        expect(read).toEqual(counters);
      }),
    );
  });

  it.each([
    ['of another format', [2, 0, 1]],
    ['that end within a number', [1, 0, 129]],
    ['that are nothing', []],
    ['of a larger grid', [1, 4, 1]],
  ])('refuse bytes %s', (_, bytes) => {
    expect(() => addEncoded(new Float64Array(4), Uint8Array.from(bytes))).toThrow(RangeError);
  });

  it('count nothing of a row that cannot be read', () => {
    const counters = counted([]);
    expect(() => countRow(grid, { items: ['milk'] }, counters)).toThrow('The row holds no confidence');
    expect(() => countRow(grid, { items: ['milk'], confidence: ['high'] }, counters)).toThrow('holds text');
    expect(counters).toEqual(noCounters(grid));
  });
});

describe('nextUp()', () => {
  it.each([
    ['FP32', 1, 1 + 2 ** -23],
    ['FP32', -1, -1 + 2 ** -24],
    ['FP32', 0, 2 ** -149],
    ['FP32', -(2 ** -149), 0],
    ['FP64', 1, 1 + 2 ** -52],
    ['FP64', -1, -1 + 2 ** -53],
    ['FP64', 0, Number.MIN_VALUE],
    ['FP64', Number.MAX_VALUE, Infinity],
  ] as const)('in %s from %d is %d', (datatype, value, next) => {
    expect(nextUp(datatype, value) + 0).toBe(next);
  });
});
