import { total } from './total.js';

/**
 * Wasserstein-1 distance of two histograms whose bins' masses lie at `points` (ascending): the area between the two
 * distributions, in the unit of the points. Throws RangeError when a side is empty.
 */
export function wassersteinDistance(
  points: ArrayLike<number>,
  expected: ArrayLike<number>,
  actual: ArrayLike<number>,
): number {
  const [expectedTotal, actualTotal] = [total(expected), total(actual)];
  if (expectedTotal === 0 || actualTotal === 0) throw new RangeError('Cannot compare with an empty histogram');
  let [expectedBelow, actualBelow, distance] = [0, 0, 0];
  for (let bin = 0; bin + 1 < points.length; bin++) {
    expectedBelow += expected[bin] as number;
    actualBelow += actual[bin] as number;
    const width = (points[bin + 1] as number) - (points[bin] as number);
    distance += Math.abs(expectedBelow / expectedTotal - actualBelow / actualTotal) * width;
  }
  return distance;
}
