import { total } from './total.js';

/**
 * Jensen-Shannon distance of two histograms over the same bins: the root of the divergence to base 2, 0 when their
 * shares are equal and 1 when no bin holds both (Lin, 1991; Endres and Schindelin, 2003). No floor: an empty bin is no
 * infinity. Throws RangeError when a side is empty.
 */
export function jensenShannonDistance(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  const [expectedTotal, actualTotal] = [total(expected), total(actual)];
  if (expectedTotal === 0 || actualTotal === 0) throw new RangeError('Cannot compare with an empty histogram');
  let divergence = 0;
  for (let bin = 0; bin < expected.length; bin++) {
    const [e, a] = [(expected[bin] as number) / expectedTotal, (actual[bin] as number) / actualTotal];
    const middle = (e + a) / 2;
    if (e > 0) divergence += (e * Math.log2(e / middle)) / 2;
    if (a > 0) divergence += (a * Math.log2(a / middle)) / 2;
  }
  return Math.sqrt(Math.min(1, Math.max(0, divergence)));
}

/** The largest difference of a bin's shares. 0..1. Throws RangeError when a side is empty. */
export function lInfinity(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  const [expectedTotal, actualTotal] = [total(expected), total(actual)];
  if (expectedTotal === 0 || actualTotal === 0) throw new RangeError('Cannot compare with an empty histogram');
  let largest = 0;
  for (let bin = 0; bin < expected.length; bin++) {
    const difference = (expected[bin] as number) / expectedTotal - (actual[bin] as number) / actualTotal;
    largest = Math.max(largest, Math.abs(difference));
  }
  return largest;
}
