import { total } from './total.js';

/** Least share of a bin, so that its logarithm exists. One empty decile in ten scores 0.76 with it; see policy.zeroPolicy. */
const SHARE_MIN = 1e-4;

/**
 * Population Stability Index of two histograms over the same bins, in nats: 0 when their shares are equal, and no upper
 * bound. 0.1 and 0.25 are the customary alarms (Siddiqi, Credit Risk Scorecards, 2006). Shares are raised to 1e-4 on
 * both sides and not normalised again. Throws RangeError when a side is empty or the bins differ in number.
 */
export function populationStabilityIndex(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  if (expected.length !== actual.length)
    throw new RangeError(`Cannot compare ${expected.length} bins with ${actual.length}`);
  const [expectedTotal, actualTotal] = [total(expected), total(actual)];
  if (expectedTotal === 0 || actualTotal === 0) throw new RangeError('Cannot compare with an empty histogram');
  let psi = 0;
  for (let bin = 0; bin < expected.length; bin++) {
    const e = Math.max(SHARE_MIN, (expected[bin] as number) / expectedTotal);
    const a = Math.max(SHARE_MIN, (actual[bin] as number) / actualTotal);
    psi += (a - e) * Math.log(a / e);
  }
  return psi;
}

/**
 * Rows a window needs before an undrifted one passes `floor` less than once in twenty: then PSI / (1/N + 1/M) is about
 * chi-square with bins - 1 degrees of freedom (Yurdakul, 2018), whose 95 % point is taken from Wilson and Hilferty
 * (1931). At least ten a bin; Infinity when the baseline itself is too small.
 */
export function rowsForPsi(bins: number, floor: number, baselineRows: number): number {
  const freedom = Math.max(1, bins - 1);
  const spread = 2 / (9 * freedom);
  const critical = freedom * (1 - spread + 1.645 * Math.sqrt(spread)) ** 3;
  const left = floor / critical - 1 / baselineRows;
  return left > 0 ? Math.max(10 * bins, Math.ceil(1 / left)) : Infinity;
}
