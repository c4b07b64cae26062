import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LoggedRow } from '@vinaigrette/signature';
import { buildBaseline } from './build-baseline.js';
import { defaultPolicy } from './baseline.js';
import { countRow, type Counters } from './counters.js';
import { quantileHistograms } from './exact.js';
import type { FeatureDefinition } from './feature.js';
import { featureDrifts, rowsIn } from './feature-drift.js';
import { gridOf } from './grid.js';
import { populationStabilityIndex } from './psi.js';

const x: FeatureDefinition = { name: 'x', kind: 'numeric', from: { kind: 'value', tensor: 'x' } };
const kind: FeatureDefinition = { name: 'kind', kind: 'categorical', from: { kind: 'value', tensor: 'kind' } };
const items: FeatureDefinition = { name: 'items', kind: 'items', from: { kind: 'values', tensor: 'items' } };

function drift(definition: FeatureDefinition, training: LoggedRow[], window: LoggedRow[], policy = defaultPolicy) {
  const grid = gridOf(buildBaseline([definition], training, policy));
  const counters: Counters = new Map();
  for (const row of window) countRow(grid, row, counters);
  expect(rowsIn(counters)).toBe(window.length);
  return featureDrifts(grid, counters)[0]!;
}
const numbers = (values: number[]) => values.map((value) => ({ x: [value] }));
const kinds = (values: string[]) => values.map((value) => ({ kind: [value] }));

describe('featureDrifts()', () => {
  it('measures nothing where nothing was counted', () => {
    const empty = drift(x, numbers([1, 2]), []);
    expect(empty).toMatchObject({ count: 0, missing: 0, unseen: 0 });
    expect(empty.measured).toBeUndefined();
    expect(empty.bins.every(({ actualShare }) => actualShare === 0)).toBe(true);
  });

  it('tells missing values and values outside the training range', () => {
    const window = numbers([NaN, 0.5, 1, 2, 2.5, 3, Infinity]);
    expect(drift(x, numbers([1, 2]), window)).toMatchObject({ count: 5, missing: 2, unseen: 3 });
  });

  it('finds where two samples are farthest apart', () => {
    const ones = drift(x, numbers([1, 2, 3, 4]), numbers([1, 1, 1, 1]));
    expect(ones.measured!.ks).toEqual({ low: 0.75, high: 0.75, at: 1 });
  });

  it('names the bins of the plot', () => {
    const training = numbers([...Array(1000).keys()]);
    const { bins } = drift(x, training, training.slice(0, 500), { ...defaultPolicy, psiBins: 4 });
    expect(bins.map(({ label }) => label)).toEqual(['< 250', '[250, 500)', '[500, 750)', '>= 750']);
    expect(bins.map(({ actualShare }) => actualShare)).toEqual([0.5, 0.5, 0, 0]);
  });

  it('counts a missing category as a category, and tells unseen values from known others', () => {
    const policy = { ...defaultPolicy, topK: 1 };
    const result = drift(kind, kinds(['a', 'a', 'b', '']), kinds(['a', 'b', 'c', '', '']), policy);
    expect(result).toMatchObject({ baselineCount: 3, count: 3, missing: 2, unseen: 1 });
    expect(result.bins).toEqual([
      { label: 'a', expectedShare: 0.5, actualShare: 0.2 },
      { label: 'OTHER', expectedShare: 0.25, actualShare: 0.4 },
      { label: 'MISSING', expectedShare: 0.25, actualShare: 0.4 },
    ]);
    expect(result.measured!.psi).toBeCloseTo(populationStabilityIndex([2, 1, 1], [1, 2, 2]), 12);
  });

  it('takes a basket as one observation: baskets of ten say no more than their number', () => {
    const rows = (basketsOfA: number, basketsOfB: number, size: number) => [
      ...Array<LoggedRow>(basketsOfA).fill({ items: Array<string>(size).fill('a') }),
      ...Array<LoggedRow>(basketsOfB).fill({ items: Array<string>(size).fill('b') }),
    ];
    const [single, tenfold] = [1, 10].map((size) => drift(items, rows(50, 50, size), rows(40, 60, size)));
    expect(tenfold!.count).toBe(10 * single!.count);
    expect(tenfold!.independent).toEqual({ baseline: 100, window: 100 });
    expect(tenfold!.measured).toEqual(single!.measured);
  });

  it('scores the PSI of deciles as if the samples themselves had been cut, for all samples', () => {
    const value = fc.oneof(fc.integer({ min: -4, max: 4 }), fc.double({ min: -5, max: 5, noNaN: true }));
    const sample = fc.array(value, { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(sample, sample, (training, window) => {
        const [expected, actual] = quantileHistograms(training, window);
        const { psi } = drift(x, numbers(training), numbers(window)).measured!;
        expect(psi).toBeCloseTo(populationStabilityIndex(expected, actual), 10);
      }),
    );
  });
});
