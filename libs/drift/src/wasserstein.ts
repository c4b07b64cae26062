import { expectedSide } from './expected-side.js';
import { sweep } from './sweep.js';
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
  return sweep(expectedSide(expected), actual, 0, actualTotal, [], gapsOf(points)).area;
}

/** How far each point is from the next; the last from nothing. */
export function gapsOf(points: ArrayLike<number>): Float64Array {
  const gaps = new Float64Array(points.length);
  for (let bin = 0; bin + 1 < points.length; bin++) gaps[bin] = (points[bin + 1] as number) - (points[bin] as number);
  return gaps;
}
