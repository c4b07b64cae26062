import type { Counters } from './counters.js';
import type { Grid, NumericCells } from './grid.js';

/** What is expected of a numeric feature, made ready to be compared with many windows. */
export interface ExpectedSide {
  count: number;
  /** Observations outside the training range. */
  outside: number;
  /** One a bin: the share of all observations in it, and up to its end. */
  shares: Float64Array;
  below: Float64Array;
  /** Counts by bin of the PSI. */
  psiBins: number[];
}

/** Of one feature's counts, bin by bin; `psiBin` absent: all bins are one. */
export function expectedSide(counts: ArrayLike<number>, psiBin?: ArrayLike<number>, psiBinCount = 1): ExpectedSide {
  const psiBins = new Array<number>(psiBinCount).fill(0);
  let count = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    psiBins[psiBin?.[bin] ?? 0]! += counts[bin] as number;
    count += counts[bin] as number;
  }
  const shares = new Float64Array(counts.length);
  const below = new Float64Array(counts.length);
  let sum = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    sum += counts[bin] as number;
    shares[bin] = (counts[bin] as number) / count;
    below[bin] = sum / count;
  }
  const outside = (counts[0] ?? 0) + (counts.length > 1 ? (counts[counts.length - 1] as number) : 0);
  return { count, outside, shares, below, psiBins };
}

/** Sides of the counters that never change: the training rows of a baseline, and those of its segments. */
const frozen = new WeakMap<Counters, ExpectedSide[]>();

/** One a feature, in the grid's order; those of categories are empty. */
export function expectedSides(grid: Grid, expected: Counters): ExpectedSide[] {
  const known = frozen.get(expected);
  if (known) return known;
  const sides = grid.cells.map((cells) =>
    cells.kind === 'numeric'
      ? expectedSide(countsOf(cells, expected), cells.psiBin, cells.labels.length)
      : expectedSide([]),
  );
  if (expected === grid.expected || [...grid.segments.values()].includes(expected)) frozen.set(expected, sides);
  return sides;
}

/** A numeric feature's counts, one a bin. */
export const countsOf = ({ at, feature }: NumericCells, counters: Counters): Float64Array =>
  counters.subarray(at + 1, at + 1 + feature.counts.length);
