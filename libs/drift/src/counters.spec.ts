import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { buildBaseline } from './build-baseline.js';
import { addCounters, countRow, decodeCounters, encodeCounters, type Counters } from './counters.js';
import { nextUp } from './float.js';
import { gridOf } from './grid.js';

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
  const counters: Counters = new Map();
  for (const row of rows) countRow(grid, row, counters);
  return counters;
};
const sorted = (counters: Counters) => [...counters].sort(([a], [b]) => a - b);

describe('counters', () => {
  it('do not depend on order, and those of two parts add up to those of the whole', () => {
    fc.assert(
      fc.property(baskets, baskets, (some, others) => {
        const whole = counted([...some, ...others]);
        const sum = counted([...others].reverse());
        addCounters(sum, counted(some));
        expect(sorted(sum)).toEqual(sorted(whole));
        expect(Buffer.from(encodeCounters(sum)).equals(encodeCounters(whole))).toBe(true);
      }),
    );
  });

  it('never leave the grid', () => {
    fc.assert(fc.property(baskets, (rows) => expect(Math.max(0, ...counted(rows).keys())).toBeLessThan(grid.size)));
  });

  it('come back from their bytes, far past 2^32', () => {
    const entry = fc.tuple(fc.integer({ min: 0, max: 100_000 }), fc.maxSafeNat());
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ([slot]) => slot }), (entries) => {
        expect(sorted(decodeCounters(encodeCounters(new Map(entries))))).toEqual(sorted(new Map(entries)));
      }),
    );
  });

  it.each([
    ['of another format', [2, 0, 1]],
    ['that end within a number', [1, 0, 129]],
    ['that are nothing', []],
  ])('refuse bytes %s', (_, bytes) => {
    expect(() => decodeCounters(Uint8Array.from(bytes))).toThrow(RangeError);
  });

  it('count nothing of a row that cannot be read', () => {
    const counters = counted([]);
    expect(() => countRow(grid, { items: ['milk'] }, counters)).toThrow('The row holds no confidence');
    expect(() => countRow(grid, { items: ['milk'], confidence: ['high'] }, counters)).toThrow('holds text');
    expect(counters.size).toBe(0);
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
