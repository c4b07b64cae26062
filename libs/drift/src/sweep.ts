import type { ExpectedSide } from './expected-side.js';

/** What one pass along the bins of two distributions finds. */
export interface Sweep {
  /** Bounds of the Kolmogorov-Smirnov distance, and the bin at whose end the distributions are farthest apart. */
  low: number;
  high: number;
  bin: number;
  /** The area between the two distributions, in the unit of `gaps`. */
  area: number;
}

/**
 * Compares a window, `count` observations in bins that begin at `at` of `counters`, with what is expected. `atoms` is 1
 * where a bin is one value; `gaps` is how far each bin's mass is from the next one's, and none is 0. Everything evaluation
 * needs of a thousand bins in one loop: it runs for every feature, segment and window of every pane.
 */
export function sweep(
  { below }: ExpectedSide,
  counters: ArrayLike<number>,
  at: number,
  count: number,
  atoms: ArrayLike<number>,
  gaps: ArrayLike<number>,
): Sweep {
  // Plain variables: the fields of an object would be boxed anew at every bin.
  let low = 0;
  let high = 0;
  let farthest = 0;
  let area = 0;
  let counted = 0;
  let expectedBefore = 0;
  let actualBefore = 0;
  for (let bin = 0; bin < below.length; bin++) {
    counted += counters[at + bin] as number;
    const expected = below[bin] as number;
    const actual = counted / count;
    const difference = expected - actual;
    const distance = difference < 0 ? -difference : difference;
    if (distance > low) {
      low = distance;
      farthest = bin;
    }
    if (actual > actualBefore && expected > expectedBefore && atoms[bin] !== 1) {
      // Inside the bin either distribution may have stepped already while the other has not yet.
      const up = expected - actualBefore;
      const down = actual - expectedBefore;
      if (up > high) high = up;
      if (down > high) high = down;
    }
    expectedBefore = expected;
    actualBefore = actual;
    const gap = gaps[bin] as number;
    if (gap > 0) area += distance * gap;
  }
  if (high < low) high = low;
  return { low, high: high > 1 ? 1 : high, bin: farthest, area };
}
