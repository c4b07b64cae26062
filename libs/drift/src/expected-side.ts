import type { Counters } from './counters.js';
import type { Grid, NumericCells } from './grid.js';
import { total } from './total.js';

/** What is expected of a numeric feature, made ready to be compared with many windows. */
export interface ExpectedSide {
  count: number;
  /** Observations outside the training range. */
  outside: number;
  /** One a bin: the share of all observations up to its end. */
  below: Float64Array;
  /** Counts by bin of the PSI. */
  psiBins: number[];
}

/** Of one feature's counts, bin by bin; `psiEnds` absent: all bins are one. */
export function expectedSide(counts: ArrayLike<number>, psiEnds: readonly number[] = [counts.length]): ExpectedSide {
  const psiBins = binned(psiEnds, counts, 0);
  const count = total(psiBins);
  const below = new Float64Array(counts.length);
  let sum = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    sum += counts[bin] as number;
    below[bin] = sum / count;
  }
  const outside = (counts[0] ?? 0) + (counts.length > 1 ? (counts[counts.length - 1] as number) : 0);
  return { count, outside, below, psiBins };
}

/** The counts of the bins that begin at `at`, added up by bin of the PSI. */
export function binned(psiEnds: readonly number[], counters: ArrayLike<number>, at: number): number[] {
  let bin = at;
  return psiEnds.map((end) => {
    let sum = 0;
    for (; bin < at + end; bin++) sum += counters[bin] as number;
    return sum;
  });
}

/** Sides of the counters that never change: the training rows of a baseline, and those of its segments. */
const frozen = new WeakMap<Counters, ExpectedSide[]>();

/** One a feature, in the grid's order; those of categories are empty. */
export function expectedSides(grid: Grid, expected: Counters): ExpectedSide[] {
  const known = frozen.get(expected);
  if (known) return known;
  const sides = grid.cells.map((cells) =>
    cells.kind === 'numeric' ? expectedSide(countsOf(cells, expected), cells.psiEnds) : expectedSide([]),
  );
  if (expected === grid.expected || [...grid.segments.values()].includes(expected)) frozen.set(expected, sides);
  return sides;
}

/** A numeric feature's counts, one a bin. */
export const countsOf = ({ at, feature }: NumericCells, counters: Counters): Float64Array =>
  counters.subarray(at + 1, at + 1 + feature.counts.length);
