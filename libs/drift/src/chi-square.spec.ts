import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chiSquare, chiSquarePValue } from './chi-square.js';

describe('chiSquare()', () => {
  it('is the 2-row contingency, not the one-way test', () => {
    const test = chiSquare([1000, 1500, 1200, 1300], [800, 1400, 1600, 1200]);
    expect(test.statistic).toBeCloseTo(86.8134, 4);
    expect(test.degreesOfFreedom).toBe(3);
  });

  it.each([
    { what: 'a category one side never met is no infinity', expected: [50, 50, 0], actual: [40, 40, 20], freedom: 2 },
    { what: 'rare ones are merged', expected: [90, 4, 3, 3], actual: [90, 3, 4, 3], freedom: 1 },
    { what: 'all too rare: nothing to compare', expected: [1, 1], actual: [1, 1], freedom: 0 },
    { what: 'absent on both sides', expected: [50, 50, 0], actual: [50, 50, 0], freedom: 1 },
  ])('$what', ({ expected, actual, freedom }) => {
    const test = chiSquare(expected, actual);
    expect(test.degreesOfFreedom).toBe(freedom);
    expect(Number.isFinite(test.statistic)).toBe(true);
  });
});

describe('chiSquarePValue()', () => {
  it.each([
    { statistic: 3.841459, degreesOfFreedom: 1, p: 0.05 },
    { statistic: 6.634897, degreesOfFreedom: 1, p: 0.01 },
    { statistic: 16.918978, degreesOfFreedom: 9, p: 0.05 },
    { statistic: 67.504807, degreesOfFreedom: 50, p: 0.05 },
    { statistic: 124.342113, degreesOfFreedom: 100, p: 0.05 },
    { statistic: 0.0039321, degreesOfFreedom: 1, p: 0.95 },
    { statistic: 10_000, degreesOfFreedom: 3, p: 0 },
    { statistic: 0, degreesOfFreedom: 3, p: 1 },
    { statistic: 5, degreesOfFreedom: 0, p: 1 },
  ])('is $p for $statistic at $degreesOfFreedom degrees of freedom', ({ p, ...test }) => {
    expect(chiSquarePValue(test)).toBeCloseTo(p, 6);
  });

  it('falls from 1 to 0 as the statistic grows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 0, max: 2_000, noNaN: true }),
        (degreesOfFreedom, x) => {
          const p = chiSquarePValue({ statistic: x, degreesOfFreedom });
          expect(p).toBeGreaterThanOrEqual(0);
          expect(p).toBeLessThanOrEqual(1);
          expect(chiSquarePValue({ statistic: x + 1, degreesOfFreedom })).toBeLessThanOrEqual(p + 1e-12);
        },
      ),
    );
  });
});
