import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  chiSquare,
  chiSquarePValue,
  exactKolmogorovSmirnov,
  jensenShannonDistance,
  kolmogorovSmirnov,
  kolmogorovSmirnovPValue,
  populationStabilityIndex,
  proportionsPValue,
  wassersteinDistance,
} from '../src/index.js';

interface Golden {
  madeWith: string;
  histograms: (Record<'expected' | 'actual' | 'points', number[]> &
    Record<'psi' | 'jensenShannon' | 'wasserstein' | 'ks', number> & {
      chiSquare?: { statistic: number; pValue: number; freedom: number };
    })[];
  samples: { expected: number[]; actual: number[]; ks: number; pValue: number }[];
  chiSquareTail: { statistic: number; degreesOfFreedom: number; pValue: number }[];
  kolmogorovTail: { lambda: number; pValue: number }[];
  proportions: { expected: [number, number]; actual: [number, number]; pValue: number }[];
}
const golden = JSON.parse(readFileSync(new URL('golden/scipy.json', import.meta.url), 'utf8')) as Golden;

/** Equal to 1e-12 of the larger of the value and 1. */
const expectSame = (actual: number, expected: number) =>
  expect(Math.abs(actual - expected) / Math.max(1, Math.abs(expected))).toBeLessThanOrEqual(1e-12);

describe(`against ${golden.madeWith}`, () => {
  const histograms = golden.histograms.map((pair) => [pair.expected.length, pair] as const);
  it.each(histograms)('PSI, Jensen-Shannon, Wasserstein and KS over %d bins', (_, pair) => {
    const { expected, actual, points } = pair;
    expectSame(populationStabilityIndex(expected, actual), pair.psi);
    expectSame(jensenShannonDistance(expected, actual), pair.jensenShannon);
    expectSame(wassersteinDistance(points, expected, actual), pair.wasserstein);
    expectSame(kolmogorovSmirnov(expected, actual, []).low, pair.ks);
  });

  const tested = golden.histograms.flatMap((pair) => (pair.chiSquare ? [[pair.expected.length, pair] as const] : []));
  it.each(tested)('chi-square of %d categories', (_, { expected, actual, chiSquare: theirs }) => {
    const ours = chiSquare(expected, actual);
    expectSame(ours.statistic, theirs!.statistic);
    expect(ours.degreesOfFreedom).toBe(theirs!.freedom);
    expectSame(chiSquarePValue(ours), theirs!.pValue);
  });

  it.each(golden.chiSquareTail)(
    'the tail of chi-square at $statistic, $degreesOfFreedom',
    ({ statistic, degreesOfFreedom, pValue }) => {
      const ours = chiSquarePValue({ statistic, degreesOfFreedom });
      expect(Math.abs(ours / pValue - 1)).toBeLessThanOrEqual(1e-11);
    },
  );

  it.each(golden.kolmogorovTail)("Kolmogorov's limit at $lambda", ({ lambda, pValue }) => {
    // So large that Stephens' correction is below the last digit compared.
    const size = 2e26;
    expect(kolmogorovSmirnovPValue(lambda / 1e13, size, size)).toBeCloseTo(pValue, 11);
  });

  it.each(golden.samples.map((pair) => [pair.expected.length, pair] as const))('KS of %d values', (_, pair) => {
    expectSame(exactKolmogorovSmirnov(pair.expected, pair.actual), pair.ks);
    const ours = kolmogorovSmirnovPValue(pair.ks, pair.expected.length, pair.actual.length);
    // SciPy takes the exact distribution at the rounded effective size, Stephens an approximation of it.
    expect(Math.abs(ours - pair.pValue)).toBeLessThanOrEqual(0.03);
  });

  it.each(golden.proportions)('two proportions, $expected and $actual', ({ expected, actual, pValue }) => {
    const ours = proportionsPValue({ hits: expected[0], of: expected[1] }, { hits: actual[0], of: actual[1] });
    expectSame(ours, pValue);
  });
});
