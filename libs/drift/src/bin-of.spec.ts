import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BinFinder, binOf } from './bin-of.js';

describe('BinFinder', () => {
  const value = fc.oneof(
    fc.integer({ min: -9, max: 9 }),
    fc.double({ noNaN: true }),
    fc.double({ min: 0, max: 1e-300, noNaN: true }),
  );
  const edges = fc
    .uniqueArray(fc.oneof(value, fc.double({ min: 1, max: 1.0000001 })), { minLength: 1, maxLength: 80 })
    .map((numbers) => [...new Set(numbers.filter(Number.isFinite).map((n) => n + 0))].sort((a, b) => a - b))
    .filter((numbers) => numbers.length > 0);

  it('finds the bin that binary search finds, for all edges and values, the edges themselves included', () => {
    fc.assert(
      fc.property(edges, fc.array(value, { maxLength: 40 }), (edges, values) => {
        const finder = new BinFinder(edges);
        for (const value of [...values, ...edges])
          expect([value, finder.of(value)]).toEqual([value, binOf(edges, value)]);
      }),
      { numRuns: 1_000 },
    );
  });
});
