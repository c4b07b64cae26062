import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { defaultPolicy } from './baseline.js';
import { buildBaseline } from './build-baseline.js';
import { countRow, noCounters } from './counters.js';
import { exactKolmogorovSmirnov } from './exact.js';
import type { FeatureDefinition } from './feature.js';
import { featureDrifts } from './feature-drift.js';
import { gridOf, type Grid, type NumericCells } from './grid.js';
import { onGrid } from './on-grid.js';

const definitions: FeatureDefinition[] = [
  { name: 'x', kind: 'numeric', from: { kind: 'value', tensor: 'x' } },
  { name: 'kind', kind: 'categorical', from: { kind: 'value', tensor: 'kind' } },
];
const row = fc.record({
  x: fc.tuple(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -4, max: 4, noNaN: true }))),
  kind: fc.tuple(fc.constantFrom('a', 'b', 'c', '')),
});
const rows = fc.array(row, { minLength: 1, maxLength: 80 });
const trained = fc.tuple(rows, row).map(([some, one]) => [...some, { x: one.x, kind: ['a'] as [string] }]);
const grid = (training: { x: number[]; kind: string[] }[]) =>
  gridOf(buildBaseline(definitions, training, { ...defaultPolicy, grid: 200, topK: 2 }));
const count = (grid: Grid, window: { x: number[]; kind: string[] }[]) => {
  const counters = noCounters(grid);
  for (const one of window) countRow(grid, one, counters);
  return counters;
};

describe('onGrid()', () => {
  it('changes nothing on the same grid', () => {
    fc.assert(
      fc.property(trained, rows, (training, window) => {
        const one = grid(training);
        expect(onGrid(one, one, count(one, window))).toEqual(count(one, window));
      }),
    );
  });

  it('loses no row, and tells the distance of two windows to within a bin', () => {
    fc.assert(
      fc.property(trained, trained, rows, (training, others, window) => {
        const [one, other] = [grid(training), grid(others)];
        const moved = onGrid(one, other, count(other, window));
        const [x, kind] = featureDrifts(one, count(one, training), moved);
        expect(x!.baselineCount).toBeCloseTo(window.length, 6);
        expect(kind!.baselineCount).toBeCloseTo(window.filter((one) => one.kind[0] !== '').length, 6);
        const exact = exactKolmogorovSmirnov(
          window.map((one) => one.x[0]),
          training.map((one) => one.x[0]),
        );
        const { at, feature } = other.cells[0] as NumericCells;
        const counted = count(other, window).subarray(at + 1, at + 1 + feature.counts.length);
        const heaviest = Math.max(...counted) / window.length;
        expect(x!.measured!.ks!.low).toBeLessThanOrEqual(exact + heaviest + 1e-9);
      }),
    );
  });
});
