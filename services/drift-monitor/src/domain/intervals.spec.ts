import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { differenceOf, meanOf, ratioEstimate, ratioOf, wilson, type RatioSums } from './intervals.js';

describe('wilson()', () => {
  // statsmodels.stats.proportion.proportion_confint(count, n, method='wilson')
  it.each([
    { hits: 0, n: 10, low: 0, high: 0.2775328 },
    { hits: 5, n: 10, low: 0.2365931, high: 0.7634069 },
    { hits: 55, n: 1_000, low: 0.0425213, high: 0.0708696 },
    { hits: 10, n: 10, low: 0.7224672, high: 1 },
  ])('of $hits in $n is $low to $high', ({ hits, n, low, high }) => {
    const found = wilson(hits / n, n);
    expect([found.low, found.high]).toEqual([expect.closeTo(low, 4), expect.closeTo(high, 4)]);
  });
});

describe('ratioOf()', () => {
  const unit = fc.record({ n: fc.integer({ min: 1, max: 5 }), x: fc.integer({ min: 0, max: 100 }) });
  const sumsOf = (units: { n: number; x: number }[]): RatioSums => {
    const sum = (of: (u: { n: number; x: number }) => number) => units.reduce((total, u) => total + of(u), 0);
    return {
      units: units.length,
      n: sum((u) => u.n),
      x: sum((u) => u.x),
      nn: sum((u) => u.n ** 2),
      xx: sum((u) => u.x ** 2),
      xn: sum((u) => u.x * u.n),
    };
  };

  it('is the mean and its ordinary variance when every unit has one prediction', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 2, maxLength: 50 }), (values) => {
        const found = ratioOf(sumsOf(values.map((x) => ({ n: 1, x }))))!;
        const mean = values.reduce((a, b) => a + b) / values.length;
        const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1);
        expect(found.mean).toBeCloseTo(mean, 9);
        expect(found.variance).toBeCloseTo(variance / values.length, 6);
      }),
    );
  });

  it('does not take what one customer repeats for more customers', () => {
    fc.assert(
      fc.property(fc.array(unit, { minLength: 2, maxLength: 30 }), fc.integer({ min: 2, max: 9 }), (units, times) => {
        const repeated = units.map(({ n, x }) => ({ n: n * times, x: x * times }));
        expect(ratioOf(sumsOf(repeated))!.variance).toBeCloseTo(ratioOf(sumsOf(units))!.variance, 6);
      }),
    );
  });

  it('says nothing of one unit, and nothing of none', () => {
    expect(ratioOf(sumsOf([{ n: 3, x: 2 }]))).toBeUndefined();
    expect(ratioEstimate(sumsOf([]), true)).toEqual({ value: null, low: null, high: null, n: 0 });
    expect(differenceOf(sumsOf([]), sumsOf([]), 1_000).value).toBeNull();
    expect(meanOf(4, 16, 1)).toEqual({ value: 4, low: null, high: null, n: 1 });
  });
});
