import { chiSquare, chiSquarePValue } from './chi-square.js';
import type { Counters } from './counters.js';
import { binned, expectedSides, type ExpectedSide } from './expected-side.js';
import { ROWS_SLOT, type CategoryCells, type Grid, type NumericCells } from './grid.js';
import { jensenShannonDistance, lInfinity } from './jensen-shannon.js';
import { kolmogorovSmirnovPValue } from './kolmogorov-smirnov.js';
import { proportionsPValue, type Proportion } from './proportions.js';
import { populationStabilityIndex } from './psi.js';
import { sweep } from './sweep.js';
import { total } from './total.js';

/** How far a feature's window is from what was expected of it: its baseline, or another window on the same grid. */
export interface FeatureDrift {
  name: string;
  kind: 'numeric' | 'categorical' | 'items';
  /** How much the model says the feature matters, relative to the others; absent: it does not say. */
  importance?: number;
  /** Observations that were expected and that are in the window; of items, their occurrences. */
  baselineCount: number;
  count: number;
  /** Rows without a value. */
  missing: number;
  /** Numeric: observations outside the training range. Otherwise: of values training never met. */
  unseen: number;
  /** Observations that are independent of each other: of items their rows, since those of one basket are not. */
  independent: { baseline: number; window: number };
  /** Shares of rows without a value and of observations training never met, and the chance of so large a change. */
  missingShare: RateChange;
  unseenShare: RateChange;
  /** Absent when a side holds no observation. */
  measured?: {
    /**
     * Population Stability Index over `bins`, nats. Absent where all that was expected is in one bin: there the index
     * measures the floor below which no share may fall, not the data; read `lInfinity`.
     */
    psi?: number;
    /** Numeric only: bounds of the distance, and the value where the distributions are farthest apart. */
    ks?: { low: number; high: number; at: number };
    /** Of the KS distance; of categories and items of their chi-square. 0..1 */
    pValue: number;
    /** Of `bins` as a contingency table. */
    chiSquare: { statistic: number; degreesOfFreedom: number; pValue: number };
    /** Jensen-Shannon distance over `bins`, base 2. 0..1 */
    jensenShannon: number;
    /** Largest difference of a bin's shares. 0..1 */
    lInfinity: number;
    /** Numeric only: Wasserstein-1 distance in standard deviations of the training data; absent where that is 0. */
    wasserstein?: number;
  };
  /** The bins of the PSI. Shares are 0 where nothing was counted. */
  bins: { label: string; expectedShare: number; actualShare: number }[];
}

/** Two shares 0..1, and the two-proportion p-value of their difference. */
export interface RateChange {
  expected: number;
  actual: number;
  pValue: number;
}

/** Rows that were counted. */
export const rowsIn = (counters: Counters): number => counters[ROWS_SLOT] as number;

/** Every feature of the baseline, in its order, in a window against what is `expected`: the training rows, or others. */
export function featureDrifts(grid: Grid, window: Counters, expected: Counters = grid.expected): FeatureDrift[] {
  if (window.length !== grid.size || expected.length !== grid.size) {
    throw new RangeError(`Cannot read counters of another grid than that of ${grid.size} slots`);
  }
  const sides = expectedSides(grid, expected);
  return grid.cells.map((cells, index) =>
    cells.kind === 'numeric'
      ? numericDrift(cells, window, expected, sides[index] as ExpectedSide)
      : categoryDrift(cells, window, expected),
  );
}

/** Runs a thousand times a look: plain objects of one shape, since copying one into another costs more than the statistics. */
function numericDrift(cells: NumericCells, window: Counters, baseline: Counters, side: ExpectedSide): FeatureDrift {
  const { feature, at, psiEnds, gaps, atoms, labels } = cells;
  const psiBins = binned(psiEnds, window, at + 1);
  const count = total(psiBins);
  const outside = (window[at + 1] as number) + (window[at + atoms.length] as number);
  const drift: FeatureDrift = {
    name: feature.name,
    kind: feature.kind,
    baselineCount: side.count,
    count,
    missing: window[at] as number,
    unseen: outside,
    independent: { baseline: side.count, window: count },
    missingShare: rateChange(
      { hits: baseline[at] as number, of: rowsIn(baseline) },
      { hits: window[at] as number, of: rowsIn(window) },
    ),
    unseenShare: rateChange({ hits: side.outside, of: side.count }, { hits: outside, of: count }),
    bins: sharesOf(labels, side.psiBins, psiBins),
  };
  if (feature.importance !== undefined) drift.importance = feature.importance;
  if (count === 0 || side.count === 0) return drift;
  const { low, high, bin, area } = sweep(side, window, at + 1, count, atoms, gaps);
  const spread = feature.standardDeviation;
  drift.measured = {
    ks: { low, high, at: valueAt(cells, bin) },
    pValue: kolmogorovSmirnovPValue(low, side.count, count),
    chiSquare: tested(side.psiBins, psiBins),
    jensenShannon: jensenShannonDistance(side.psiBins, psiBins),
    lInfinity: lInfinity(side.psiBins, psiBins),
  };
  if (filled(side.psiBins) > 1) drift.measured.psi = populationStabilityIndex(side.psiBins, psiBins);
  if (spread > 0) drift.measured.wasserstein = area / spread;
  return drift;
}

function categoryDrift(cells: CategoryCells, window: Counters, baseline: Counters): FeatureDrift {
  const { feature, at } = cells;
  const [expected, actual] = [categoryCounts(cells, baseline), categoryCounts(cells, window)];
  // A missing category is news about the category; an empty list says nothing about its items.
  const labels = feature.kind === 'categorical' ? [...cells.labels, 'MISSING'] : cells.labels;
  const independent =
    feature.kind === 'items'
      ? { baseline: expected.rows, window: actual.rows }
      : { baseline: total(expected.bins), window: total(actual.bins) };
  const drift: FeatureDrift = {
    name: feature.name,
    kind: feature.kind,
    baselineCount: expected.count,
    count: actual.count,
    missing: window[at] as number,
    unseen: actual.unseen,
    independent,
    missingShare: rateChange(
      { hits: baseline[at] as number, of: rowsIn(baseline) },
      { hits: window[at] as number, of: rowsIn(window) },
    ),
    unseenShare: rateChange(
      asRows({ hits: expected.unseen, of: expected.count }, expected.rows),
      asRows({ hits: actual.unseen, of: actual.count }, actual.rows),
    ),
    bins: sharesOf(labels, expected.bins, actual.bins),
  };
  if (feature.importance !== undefined) drift.importance = feature.importance;
  if (independent.baseline === 0 || independent.window === 0) return drift;
  const test = tested(scaled(expected.bins, independent.baseline), scaled(actual.bins, independent.window));
  drift.measured = {
    pValue: test.pValue,
    chiSquare: test,
    jensenShannon: jensenShannonDistance(expected.bins, actual.bins),
    lInfinity: lInfinity(expected.bins, actual.bins),
  };
  if (filled(expected.bins) > 1) drift.measured.psi = populationStabilityIndex(expected.bins, actual.bins);
  return drift;
}

function categoryCounts({ feature, at }: CategoryCells, counters: Counters) {
  const named = feature.values.length;
  const other = at + 2 + named;
  const unseen = counters[other + 1] as number;
  const bins = [...counters.subarray(at + 2, other), (counters[other] as number) + unseen];
  const count = total(bins);
  if (feature.kind === 'categorical') bins.push(counters[at] as number);
  return { bins, count, unseen, rows: counters[at + 1] as number };
}

/** Bins with something in them. */
function filled(bins: readonly number[]): number {
  let count = 0;
  for (const bin of bins) if (bin > 0) count += 1;
  return count;
}

function tested(expected: ArrayLike<number>, actual: ArrayLike<number>) {
  const { statistic, degreesOfFreedom } = chiSquare(expected, actual);
  return { statistic, degreesOfFreedom, pValue: chiSquarePValue({ statistic, degreesOfFreedom }) };
}

function rateChange(expected: Proportion, actual: Proportion): RateChange {
  const share = ({ hits, of }: Proportion) => (of > 0 ? hits / of : 0);
  return { expected: share(expected), actual: share(actual), pValue: proportionsPValue(expected, actual) };
}

/**
 * Counts with the weight of so many independent observations. Items of one basket are bought together, so a basket
 * counts as one: the design effect of full dependence, which can only raise the p-value.
 */
function scaled(counts: readonly number[], observations: number): number[] {
  const factor = observations / total(counts);
  return counts.map((count) => count * factor);
}

const asRows = ({ hits, of }: Proportion, rows: number): Proportion => ({
  hits: of > 0 ? (hits / of) * rows : 0,
  of: rows,
});

/** The value at the end of a bin: an atom's own, else the edge that the bin stays below. */
function valueAt({ feature: { edges }, atoms }: NumericCells, bin: number): number {
  return edges[atoms[bin] === 1 ? bin - 1 : Math.min(bin, edges.length - 1)] as number;
}

function sharesOf(
  labels: readonly string[],
  expected: ArrayLike<number>,
  actual: ArrayLike<number>,
): FeatureDrift['bins'] {
  const [expectedTotal, actualTotal] = [total(expected) || 1, total(actual) || 1];
  return labels.map((label, bin) => ({
    label,
    expectedShare: (expected[bin] as number) / expectedTotal,
    actualShare: (actual[bin] as number) / actualTotal,
  }));
}
