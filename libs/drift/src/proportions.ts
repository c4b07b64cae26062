import { chiSquarePValue } from './chi-square.js';

/** A share of rows: so many of so many. */
export interface Proportion {
  hits: number;
  of: number;
}

/**
 * The chance that two shares differ as much as these when they are one: the two-sided two-proportion z-test with the
 * pooled share. 1 where a side is empty or the shares cannot differ. 0..1
 */
export function proportionsPValue(expected: Proportion, actual: Proportion): number {
  if (expected.of === 0 || actual.of === 0) return 1;
  const pooled = (expected.hits + actual.hits) / (expected.of + actual.of);
  const variance = pooled * (1 - pooled) * (1 / expected.of + 1 / actual.of);
  if (variance <= 0) return 1;
  const difference = expected.hits / expected.of - actual.hits / actual.of;
  // z squared is chi-square with one degree of freedom.
  return chiSquarePValue({ statistic: difference ** 2 / variance, degreesOfFreedom: 1 });
}
