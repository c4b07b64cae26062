import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LoggedRow } from '@vinaigrette/signature';
import { buildBaseline } from './build-baseline.js';
import { defaultPolicy } from './baseline.js';
import { countRow, noCounters } from './counters.js';
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
  const counters = noCounters(grid);
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

  it('tells by how much a constant moved without the index, which would leap at the first other value', () => {
    const ones = (others: number) =>
      numbers([...Array<number>(100 - others).fill(1), ...Array<number>(others).fill(0.5)]);
    const { psi, ks, lInfinity } = drift(x, ones(0), ones(5)).measured!;
    expect(psi).toBeUndefined();
    expect(ks).toEqual({ low: 0.05, high: 0.05, at: expect.closeTo(1) });
    expect(lInfinity).toBeCloseTo(0.05, 12);
  });

  it('tells a change of the missing share, which no distance of the values sees', () => {
    const rows = (missing: number) => numbers(Array.from({ length: 1_000 }, (_, i) => (i < missing ? NaN : i % 7)));
    const { measured, missingShare } = drift(x, rows(100), rows(150));
    expect(missingShare).toMatchObject({ expected: 0.1, actual: 0.15 });
    // z = 0.05 / sqrt(0.125 * 0.875 * 0.002) = 3.3806
    expect(missingShare.pValue).toBeCloseTo(0.000723, 6);
    expect(measured!.pValue).toBeGreaterThan(0.99);
  });

  it('measures one window against another on the same grid, as two samples against each other', () => {
    const grid = gridOf(buildBaseline([x], numbers([...Array(100).keys()])));
    const count = (values: number[]) => {
      const counters = noCounters(grid);
      for (const row of numbers(values)) countRow(grid, row, counters);
      return counters;
    };
    const [champion, canary] = [count([1, 1, 2, 3]), count([3, 3, 3, 4])];
    expect(featureDrifts(grid, canary, champion)[0]).toMatchObject({
      baselineCount: 4,
      measured: { ks: { low: 0.75 } },
    });
    expect(featureDrifts(grid, canary)[0]).toMatchObject({ baselineCount: 100 });
    expect(() => featureDrifts(grid, new Float64Array(3))).toThrow('another grid');
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
        // In one bin the index would only measure its own floor.
        if (expected.filter((count) => count > 0).length === 1) expect(psi).toBeUndefined();
        else expect(psi).toBeCloseTo(populationStabilityIndex(expected, actual), 10);
      }),
    );
  });
});
