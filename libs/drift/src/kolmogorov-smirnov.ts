import { expectedSide } from './expected-side.js';
import { sweep } from './sweep.js';
import { total } from './total.js';

export interface KolmogorovSmirnov {
  /** The distance at the edges of the bins: the true distance is never less. 0..1 */
  low: number;
  /** The most the true distance can be, however the values lie inside their bins. 0..1 */
  high: number;
  /** The bin at whose end the distributions are farthest apart. */
  bin: number;
}

/**
 * The two-sample Kolmogorov-Smirnov distance of two histograms over the same ascending bins, as bounds. Inside a bin
 * either distribution may have taken its whole step while the other has not begun, and no more. An atom's bin is one
 * value: both distributions step at once, and it has no inside (1 in `atoms`, one a bin). Throws RangeError when a side is empty.
 */
export function kolmogorovSmirnov(
  expected: ArrayLike<number>,
  actual: ArrayLike<number>,
  atoms: ArrayLike<number>,
): KolmogorovSmirnov {
  const [expectedTotal, actualTotal] = [total(expected), total(actual)];
  if (expectedTotal === 0 || actualTotal === 0) throw new RangeError('Cannot compare with an empty histogram');
  const { low, high, bin } = sweep(expectedSide(expected), actual, 0, actualTotal, atoms, []);
  return { low, high, bin };
}

/**
 * The chance of a distance this large between two samples of one distribution: Kolmogorov's limit with Stephens'
 * correction for small samples (Stephens, 1970; within 0.01 of the exact value from 10 observations a side up).
 */
export function kolmogorovSmirnovPValue(distance: number, expectedCount: number, actualCount: number): number {
  const root = Math.sqrt((expectedCount * actualCount) / (expectedCount + actualCount));
  const lambda = (root + 0.12 + 0.11 / root) * distance;
  // Below, the series needs hundreds of terms for a value that rounds to 1.
  if (lambda < 0.2) return 1;
  let p = 0;
  for (let k = 1; k <= 100; k++) {
    const term = Math.exp(-2 * (k * lambda) ** 2);
    p += k % 2 === 1 ? 2 * term : -2 * term;
    if (term < 1e-17) break;
  }
  return Math.min(1, Math.max(0, p));
}
