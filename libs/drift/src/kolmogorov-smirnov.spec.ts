import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { buildBaseline } from './build-baseline.js';
import { defaultPolicy } from './baseline.js';
import { countRow, noCounters } from './counters.js';
import { exactKolmogorovSmirnov } from './exact.js';
import { featureDrifts } from './feature-drift.js';
import { gridOf } from './grid.js';
import { kolmogorovSmirnov, kolmogorovSmirnovPValue } from './kolmogorov-smirnov.js';

const noAtom = [0, 0, 0];

describe('kolmogorovSmirnov()', () => {
  it.each([
    { what: 'the same shares', expected: [1, 2, 1], actual: [2, 4, 2], low: 0, high: 0.5, bin: 0 },
    { what: 'two halves apart', expected: [4, 0], actual: [0, 4], low: 1, high: 1, bin: 0 },
    { what: 'a shift of a quarter', expected: [2, 2, 0], actual: [1, 2, 1], low: 0.25, high: 0.75, bin: 0 },
  ])('is within [$low, $high] for $what', ({ expected, actual, low, high, bin }) => {
    expect(kolmogorovSmirnov(expected, actual, noAtom)).toEqual({ low, high, bin });
  });

  it('is not widened by an atom, whose bin has no inside', () => {
    expect(kolmogorovSmirnov([1, 2, 1], [1, 2, 1], [1, 1, 1])).toMatchObject({ low: 0, high: 0 });
  });

  it('encloses the exact distance of 10,000 pairs of samples on a coarse grid: spikes, ties and strangers included', () => {
    const value = fc.oneof(
      fc.integer({ min: -4, max: 4 }),
      fc.double({ min: -5, max: 5, noNaN: true }),
      fc.constant(0.1),
    );
    const sample = fc.array(value, { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(sample, sample, fc.constantFrom('FP32' as const, 'FP64' as const), (train, window, datatype) => {
        const rows = (values: number[]) => values.map((x) => ({ x: [x] }));
        const definition = {
          name: 'x',
          kind: 'numeric' as const,
          from: { kind: 'value' as const, tensor: 'x' },
          datatype,
        };
        const grid = gridOf(buildBaseline([definition], rows(train), { ...defaultPolicy, grid: 10 }));
        const counters = noCounters(grid);
        for (const row of rows(window)) countRow(grid, row, counters);
        const round = (values: number[]) => values.map((x) => (datatype === 'FP32' ? Math.fround(x) : x));
        const exact = exactKolmogorovSmirnov(round(train), round(window));
        const ks = featureDrifts(grid, counters)[0]!.measured!.ks!;
        expect(ks.low).toBeLessThanOrEqual(exact + 1e-12);
        expect(ks.high).toBeGreaterThanOrEqual(exact - 1e-12);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('kolmogorovSmirnovPValue()', () => {
  // The limit's own table: Q(1.2238) = 0.10, Q(1.3581) = 0.05, Q(1.6276) = 0.01, Q(1.9495) = 0.001.
  const large = 2e12;
  it.each([
    { lambda: 0.01, p: 1 },
    { lambda: 1.2238, p: 0.1 },
    { lambda: 1.3581, p: 0.05 },
    { lambda: 1.6276, p: 0.01 },
    { lambda: 1.9495, p: 0.001 },
    { lambda: 40, p: 0 },
  ])('is $p at $lambda times the root of half the size', ({ lambda, p }) => {
    expect(kolmogorovSmirnovPValue(lambda / 1e6, large, large)).toBeCloseTo(p, 4);
  });

  it('falls as the distance or a sample grows', () => {
    const size = fc.integer({ min: 10, max: 100_000 });
    fc.assert(
      fc.property(size, size, fc.double({ min: 0.001, max: 0.5, noNaN: true }), (n, m, distance) => {
        const p = kolmogorovSmirnovPValue(distance, n, m);
        expect(p).toBeGreaterThanOrEqual(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(kolmogorovSmirnovPValue(distance * 1.5, n, m)).toBeLessThanOrEqual(p + 1e-9);
        expect(kolmogorovSmirnovPValue(distance, n, m * 2)).toBeLessThanOrEqual(p + 1e-9);
      }),
    );
  });
});
