import type { NumericFeature } from './baseline.js';
import { chiSquare, chiSquarePValue } from './chi-square.js';
import type { Counters } from './counters.js';
import { nextUp } from './float.js';
import { ROWS_SLOT, type CategoryCells, type Grid, type NumericCells } from './grid.js';
import { kolmogorovSmirnov, kolmogorovSmirnovPValue } from './kolmogorov-smirnov.js';
import { populationStabilityIndex } from './psi.js';

/** How far a feature's window is from its baseline. */
export interface FeatureDrift {
  name: string;
  kind: 'numeric' | 'categorical' | 'items';
  /** Observations behind the baseline and in the window; of items, their occurrences. */
  baselineCount: number;
  count: number;
  /** Rows without a value. */
  missing: number;
  /** Numeric: observations outside the training range. Otherwise: of values training never met. */
  unseen: number;
  /** Observations that are independent of each other: of items their rows, since those of one basket are not. */
  independent: { baseline: number; window: number };
  /** Absent when the window holds no observation. */
  measured?: {
    /** Population Stability Index over `bins`, nats. */
    psi: number;
    /** Numeric only: bounds of the distance, and the value where the distributions are farthest apart. */
    ks?: { low: number; high: number; at: number };
    /** Of the KS distance; of categories and items of their chi-square. 0..1 */
    pValue: number;
  };
  /** The bins of the PSI. Shares are 0 where nothing was counted. */
  bins: { label: string; expectedShare: number; actualShare: number }[];
}

/** Rows that were counted. */
export const rowsIn = (counters: Counters): number => counters.get(ROWS_SLOT) ?? 0;

/** Every feature of the baseline, in its order, against the window that `counters` holds. */
export function featureDrifts(grid: Grid, counters: Counters): FeatureDrift[] {
  return grid.cells.map((cells) =>
    cells.kind === 'numeric' ? numericDrift(cells, counters) : categoryDrift(cells, counters),
  );
}

function numericDrift({ feature, at }: NumericCells, counters: Counters): FeatureDrift {
  const actual = read(counters, at + 1, feature.counts.length);
  const count = total(actual);
  const [expectedBins, actualBins] = [psiBins(feature, feature.counts), psiBins(feature, actual)];
  const drift: FeatureDrift = {
    name: feature.name,
    kind: 'numeric',
    baselineCount: feature.count,
    count,
    missing: counters.get(at) ?? 0,
    unseen: (actual[0] as number) + (actual.at(-1) as number),
    independent: { baseline: feature.count, window: count },
    bins: binsOf(cutLabels(feature.psiCuts), expectedBins, actualBins),
  };
  if (count === 0) return drift;
  const ks = kolmogorovSmirnov(feature.counts, actual, (bin) => isAtom(feature, bin));
  return {
    ...drift,
    measured: {
      psi: populationStabilityIndex(expectedBins, actualBins),
      ks: { low: ks.low, high: ks.high, at: valueAt(feature, ks.bin) },
      pValue: kolmogorovSmirnovPValue(ks.low, feature.count, count),
    },
  };
}

function categoryDrift({ feature, at }: CategoryCells, counters: Counters): FeatureDrift {
  const named = feature.values.length;
  const [missing, rows] = [counters.get(at) ?? 0, counters.get(at + 1) ?? 0];
  const actual = read(counters, at + 2, named + 2);
  const [known, unseen] = [actual[named] as number, actual[named + 1] as number];
  const labels = [...feature.values.map(({ value }) => value), 'OTHER'];
  const expectedBins = [...feature.values.map((value) => value.count), feature.other];
  const actualBins = [...actual.slice(0, named), known + unseen];
  const count = total(actualBins);
  // A missing category is news about the category; an empty list says nothing about its items.
  if (feature.kind === 'categorical') {
    labels.push('MISSING');
    expectedBins.push(feature.missing);
    actualBins.push(missing);
  }
  const independent =
    feature.kind === 'items'
      ? { baseline: feature.rows, window: rows }
      : { baseline: total(expectedBins), window: total(actualBins) };
  const drift: FeatureDrift = {
    name: feature.name,
    kind: feature.kind,
    baselineCount: feature.count,
    count,
    missing,
    unseen,
    independent,
    bins: binsOf(labels, expectedBins, actualBins),
  };
  if (total(actualBins) === 0) return drift;
  const test = chiSquare(scaled(expectedBins, independent.baseline), scaled(actualBins, independent.window));
  return {
    ...drift,
    measured: { psi: populationStabilityIndex(expectedBins, actualBins), pValue: chiSquarePValue(test) },
  };
}

/**
 * Counts with the weight of so many independent observations. Items of one basket are bought together, so a basket
 * counts as one: the design effect of full dependence, which can only raise the p-value.
 */
function scaled(counts: readonly number[], observations: number): number[] {
  const factor = observations / total(counts);
  return counts.map((count) => count * factor);
}

/** Sums of the grid's cells between the cuts: exact, since every cut is an edge. */
function psiBins({ edges, psiCuts }: NumericFeature, counts: readonly number[]): number[] {
  const bins = new Array<number>(psiCuts.length + 1).fill(0);
  let psiBin = 0;
  counts.forEach((count, bin) => {
    if (bin > 0 && edges[bin - 1] === psiCuts[psiBin]) psiBin += 1;
    (bins[psiBin] as number) += count;
  });
  return bins;
}

function isAtom({ edges, datatype }: NumericFeature, bin: number): boolean {
  return bin > 0 && bin < edges.length && nextUp(datatype, edges[bin - 1] as number) === edges[bin];
}

/** The value at the end of a bin: an atom's own, else the edge that the bin stays below. */
function valueAt(feature: NumericFeature, bin: number): number {
  const at = isAtom(feature, bin) ? bin - 1 : Math.min(bin, feature.edges.length - 1);
  return feature.edges[at] as number;
}

function cutLabels(cuts: readonly number[]): string[] {
  const text = cuts.map((cut) => String(Number(cut.toPrecision(6))));
  if (text.length === 0) return ['any'];
  const between = text.slice(1).map((cut, index) => `[${text[index]}, ${cut})`);
  return [`< ${text[0]}`, ...between, `>= ${text.at(-1)}`];
}

function binsOf(
  labels: readonly string[],
  expected: readonly number[],
  actual: readonly number[],
): FeatureDrift['bins'] {
  const [expectedTotal, actualTotal] = [total(expected) || 1, total(actual) || 1];
  return labels.map((label, bin) => ({
    label,
    expectedShare: (expected[bin] as number) / expectedTotal,
    actualShare: (actual[bin] as number) / actualTotal,
  }));
}

function read(counters: Counters, from: number, length: number): number[] {
  return Array.from({ length }, (_, index) => counters.get(from + index) ?? 0);
}

const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
