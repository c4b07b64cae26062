import { total } from './total.js';

/** Cells expecting less than this are merged: below it the distribution is no chi-square (Cochran, 1954). */
const EXPECTATION_MIN = 5;

/** The statistic of a contingency table, at least 0, and its degrees of freedom; 0 of them: nothing to compare. */
export interface ChiSquare {
  statistic: number;
  degreesOfFreedom: number;
}

/** What one category counts on either side. */
type Column = readonly [expected: number, actual: number];

/**
 * Pearson's chi-square of two rows of counts over the same categories, as a 2-row contingency: a category that one side
 * never met is no infinity. Categories expecting less than 5 on either side are merged into one, smallest first.
 */
export function chiSquare(expected: ArrayLike<number>, actual: ArrayLike<number>): ChiSquare {
  const [expectedTotal, actualTotal] = [total(expected), total(actual)];
  if (expectedTotal === 0 || actualTotal === 0) throw new RangeError('Cannot compare with an empty histogram');
  const smaller = Math.min(expectedTotal, actualTotal) / (expectedTotal + actualTotal);
  const columns: Column[] = [];
  for (let category = 0; category < expected.length; category++) {
    columns.push([expected[category] as number, actual[category] as number]);
  }
  let statistic = 0;
  const merged = mergeSmall(columns, EXPECTATION_MIN / smaller);
  for (const [e, a] of merged) {
    const share = (e + a) / (expectedTotal + actualTotal);
    statistic += (e - share * expectedTotal) ** 2 / (share * expectedTotal);
    statistic += (a - share * actualTotal) ** 2 / (share * actualTotal);
  }
  return { statistic, degreesOfFreedom: merged.length - 1 };
}

/** The chance of a statistic this large when nothing changed; 1 without degrees of freedom. */
export function chiSquarePValue({ statistic, degreesOfFreedom }: ChiSquare): number {
  if (degreesOfFreedom < 1 || statistic <= 0) return 1;
  return upperGammaShare(degreesOfFreedom / 2, statistic / 2);
}

/** Columns whose two counts add up to `least` or more: the small ones are summed, and a last small sum joins the next. */
function mergeSmall(columns: readonly Column[], least: number): Column[] {
  const ascending = columns.filter(([e, a]) => e + a > 0).sort((x, y) => x[0] + x[1] - y[0] - y[1]);
  const merged: Column[] = [];
  let [e, a] = [0, 0];
  for (const column of ascending) {
    [e, a] = [e + column[0], a + column[1]];
    if (e + a < least) continue;
    merged.push([e, a]);
    [e, a] = [0, 0];
  }
  if (e + a > 0) {
    const [lastE, lastA] = merged.pop() ?? [0, 0];
    merged.push([lastE + e, lastA + a]);
  }
  return merged;
}

/** Q(a, x) = Gamma(a, x) / Gamma(a): by its series below a + 1, else by its continued fraction (Abramowitz and Stegun 6.5). */
function upperGammaShare(a: number, x: number): number {
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let [term, sum] = [1 / a, 1 / a];
    for (let n = a + 1; term > sum * 1e-16; n++) sum += term *= x / n;
    return Math.max(0, 1 - sum * scale);
  }
  // Lentz's method.
  let b = x + 1 - a;
  let c = Infinity;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 10_000; n++) {
    b += 2;
    const numerator = -n * (n - a);
    d = 1 / (b + numerator * d);
    c = b + numerator / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return Math.min(1, scale * fraction);
}

/** ln Gamma(a), a a multiple of 1/2: a Stirling series, shifted up to where it is exact to 1e-15. */
function logGamma(a: number): number {
  let [shifted, correction] = [a, 0];
  for (; shifted < 12; shifted++) correction += Math.log(shifted);
  const inverse = 1 / (shifted * shifted);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / shifted;
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - correction;
}
