import { describe, expect, it } from '@jest/globals';
import { buildBaseline, countRow, featureDrifts, gridOf, noCounters, type FeatureDefinition } from '@vinaigrette/drift';
import { compareWindows, weightedShift } from './compare-windows.js';
import { defaultPolicy } from './judge-window.js';

const feature = (name: string, importance?: number): FeatureDefinition => ({
  ...{ name, kind: 'numeric', from: { kind: 'value', tensor: name } },
  ...(importance === undefined ? {} : { importance }),
});
/** `moved` is far from training, `still` as it was. */
function drifted(...definitions: FeatureDefinition[]) {
  const row = (i: number, by: number) => ({ moved: [(i % 100) + by], still: [i % 100] });
  const rows = (by: number) => Array.from({ length: 2_000 }, (_, i) => row(i, by));
  const grid = gridOf(buildBaseline(definitions, rows(0)));
  const counters = noCounters(grid);
  for (const each of rows(60)) countRow(grid, each, counters);
  return { grid, counters };
}

describe('weightedShift()', () => {
  const shiftOf = (moved?: number, still?: number) => {
    const { grid, counters } = drifted(feature('moved', moved), feature('still', still));
    return weightedShift(featureDrifts(grid, counters));
  };

  it.each([
    { what: 'nothing states an importance', moved: undefined, still: undefined, is: undefined },
    { what: 'only what is still matters', moved: 0, still: 3, is: 0 },
  ])('is $is when $what', ({ moved, still, is }) => {
    expect(shiftOf(moved, still)).toBe(is);
  });

  it('grows with the weight of what moved, and only ratios count', () => {
    expect(shiftOf(1, 3)!).toBeLessThan(shiftOf(3, 1)!);
    expect(shiftOf(1, 3)!).toBeCloseTo(shiftOf(10, 30)!, 12);
    expect(shiftOf(1, 3)!).toBeCloseTo(shiftOf(1, 0)! / 4, 12);
  });
});

describe('compareWindows()', () => {
  it('says of each feature how far it is, and the worst of all', () => {
    const { grid, counters } = drifted(feature('moved', 1), feature('still', 1));
    const about = {
      window: '1h',
      against: 'baseline',
      variant: 'canary',
      expected: { name: '', predictions: 2_000 },
    } as const;
    const found = compareWindows(about, grid, { counters, predictions: 2_000 }, grid.expected, defaultPolicy);
    expect(found).toMatchObject({ ...about, predictions: 2_000, state: 'drifted', severity: 'critical' });
    expect(found.features).toMatchObject([
      { name: 'moved', severity: 'critical' },
      { name: 'still', severity: '', effect: 0, psi: 0 },
    ]);
  });

  it('has nothing to say where nothing was counted', () => {
    const { grid } = drifted(feature('moved'));
    const about = {
      window: '1h',
      against: 'champion',
      variant: '',
      expected: { name: 'version 1', predictions: 0 },
    } as const;
    const none = noCounters(grid);
    const found = compareWindows(about, grid, { counters: none, predictions: 0 }, none, defaultPolicy);
    expect(found).toMatchObject({ state: 'no-data', severity: '', features: [{ name: 'moved', effect: 0 }] });
  });
});
