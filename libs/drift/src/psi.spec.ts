import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { populationStabilityIndex, rowsForPsi } from './psi.js';

const tenEqual = Array<number>(10).fill(100);

describe('populationStabilityIndex()', () => {
  it.each([
    { change: 'only the volume grows', expected: [50, 50], actual: [500, 500], psi: 0 },
    { change: 'a tenth of the predictions moves', expected: [50, 50], actual: [40, 60], psi: 0.040547 },
    { change: 'a bin empties', expected: [50, 50], actual: [0, 100], psi: 4.604318 },
    {
      change: 'one decile of ten empties',
      expected: tenEqual,
      actual: [0, 20, ...tenEqual.slice(2).map(() => 10)],
      psi: 0.759399,
    },
    {
      change: 'four categories shift',
      expected: [1000, 1500, 1200, 1300],
      actual: [800, 1400, 1600, 1200],
      psi: 0.034921,
    },
  ])('is $psi when $change', ({ expected, actual, psi }) => {
    expect(populationStabilityIndex(expected, actual)).toBeCloseTo(psi, 6);
  });

  it.each([
    { why: 'the window is empty', expected: [1, 1], actual: [0, 0] },
    { why: 'the bins differ', expected: [1, 1], actual: [1, 1, 1] },
  ])('refuses when $why', ({ expected, actual }) => {
    expect(() => populationStabilityIndex(expected, actual)).toThrow(RangeError);
  });

  const count = fc.integer({ min: 0, max: 1_000_000 });
  const histograms = fc.array(fc.tuple(count, count), { minLength: 1 });
  it('is symmetric, never negative, and the same for any multiple of the counts', () => {
    fc.assert(
      fc.property(histograms, fc.integer({ min: 2, max: 9 }), (bins, times) => {
        const [e, a] = [bins.map((bin) => bin[0] + 1), bins.map((bin) => bin[1] + 1)];
        const psi = populationStabilityIndex(e, a);
        expect(psi).toBeGreaterThanOrEqual(0);
        expect(populationStabilityIndex(a, e)).toBeCloseTo(psi, 10);
        expect(
          populationStabilityIndex(
            e,
            a.map((n) => n * times),
          ),
        ).toBeCloseTo(psi, 10);
      }),
    );
  });
});

describe('rowsForPsi()', () => {
  it.each([
    { bins: 10, floor: 0.1, baselineRows: 1e9, rows: 169 },
    { bins: 10, floor: 0.25, baselineRows: 1e9, rows: 100 },
    { bins: 51, floor: 0.1, baselineRows: 1e9, rows: 675 },
    { bins: 10, floor: 0.1, baselineRows: 1_000, rows: 204 },
    { bins: 10, floor: 0.1, baselineRows: 169, rows: Infinity },
  ])(
    'is $rows for $bins bins, a floor of $floor and $baselineRows baseline rows',
    ({ bins, floor, baselineRows, rows }) => {
      const needed = rowsForPsi(bins, floor, baselineRows);
      if (rows === Infinity) expect(needed).toBeGreaterThan(1e4);
      else expect(Math.abs(needed - rows)).toBeLessThanOrEqual(1);
    },
  );
});
