import type { LoggedRow } from '@vinaigrette/signature';
import {
  needsVocabulary,
  type Baseline,
  type CategoricalFeature,
  type ItemsFeature,
  type NumericFeature,
} from './baseline.js';
import { BinFinder } from './bin-of.js';
import { addEncoded, type Counters } from './counters.js';
import { categoryOf, itemsOf, numberOf } from './feature.js';
import { nextUp } from './float.js';
import { gapsOf } from './wasserstein.js';

/** Slot 0 of every grid counts the rows. */
export const ROWS_SLOT = 0;

/** Slots of a numeric feature: `at` missing, then one a bin. */
export interface NumericCells {
  kind: 'numeric';
  feature: NumericFeature;
  at: number;
  vocabulary: ReadonlySet<string> | undefined;
  bins: BinFinder;
  /** One a bin of the PSI: where the next one begins. */
  psiEnds: number[];
  /** One a bin: 1 where it is an atom, one single value. */
  atoms: Uint8Array;
  /**
   * One a bin: how far its mass is from the next one's. A bin's mass is taken to lie in its middle, an atom's at its value,
   * and that of a bin without another end at its edge.
   */
  gaps: Float64Array;
  labels: string[];
}
/** Slots of a category: `at` missing rows, the rows with a value, one a named value, known others, unseen values. */
export interface CategoryCells {
  kind: 'categorical' | 'items';
  feature: CategoricalFeature | ItemsFeature;
  at: number;
  vocabulary: ReadonlySet<string>;
  indexOf: ReadonlyMap<string, number>;
  labels: string[];
}

/** A baseline made ready for counting: every counter of every feature has a slot, the same in every process. */
export interface Grid {
  baseline: Baseline;
  size: number;
  cells: (NumericCells | CategoryCells)[];
  /** The training rows, counted as a window would be. */
  expected: Counters;
  /** By "dimension=value": the training rows of each declared segment. */
  segments: ReadonlyMap<string, Counters>;
}

/** Lays the features' counters out one after another, in the baseline's order. */
export function gridOf(baseline: Baseline): Grid {
  const vocabularies = new Map(
    Object.entries(baseline.vocabularies).map(([tensor, values]) => [tensor, new Set(values)]),
  );
  let size = ROWS_SLOT + 1;
  const cells = baseline.features.map((feature): NumericCells | CategoryCells => {
    const at = size;
    const vocabulary = needsVocabulary(feature) ? vocabularies.get(feature.from.tensor) : undefined;
    if (feature.kind === 'numeric') {
      size += 1 + feature.counts.length;
      return { kind: 'numeric', feature, at, vocabulary, ...binsOf(feature) };
    }
    size += 4 + feature.values.length;
    const indexOf = new Map(feature.values.map(({ value }, index) => [value, index]));
    const labels = [...feature.values.map(({ value }) => value), 'OTHER'];
    return { kind: feature.kind, feature, at, vocabulary: vocabulary ?? new Set(), indexOf, labels };
  });
  const segments = (baseline.segments ?? []).map(({ name, counters }) => {
    const counted = new Float64Array(size);
    addEncoded(counted, Buffer.from(counters, 'base64'));
    return [name, counted] as const;
  });
  return { baseline, size, cells, expected: countersOf(baseline, size, cells), segments: new Map(segments) };
}

/**
 * The slots a row raises by one each. Throws RangeError, with nothing counted, when the row lacks a tensor the baseline
 * reads or holds text where it reads a number.
 */
export function slotsOf(grid: Pick<Grid, 'cells'>, row: LoggedRow): number[] {
  const slots = [ROWS_SLOT];
  for (const cells of grid.cells) {
    const { at, feature } = cells;
    if (cells.kind === 'numeric') {
      const value = numberOf(cells.feature.from, cells.feature.datatype, row, cells.vocabulary);
      slots.push(value === undefined ? at : at + 1 + cells.bins.of(value));
    } else {
      const values =
        feature.kind === 'items'
          ? itemsOf(feature.from, row)
          : [categoryOf(cells.feature.from as never, row) ?? []].flat();
      slots.push(values.length === 0 ? at : at + 1);
      for (const value of values) slots.push(at + 2 + categoryIndex(cells, value));
    }
  }
  return slots;
}

/** Which of the slots of a category a value raises, from its third on. */
export function categoryIndex({ indexOf, vocabulary }: CategoryCells, value: string): number {
  return indexOf.get(value) ?? indexOf.size + (vocabulary.has(value) ? 0 : 1);
}

function binsOf(feature: NumericFeature): Pick<NumericCells, 'bins' | 'psiEnds' | 'atoms' | 'gaps' | 'labels'> {
  const { edges, psiCuts, counts, datatype } = feature;
  const psiEnds: number[] = [];
  const atoms = new Uint8Array(counts.length);
  const points = new Float64Array(counts.length);
  for (let bin = 0; bin < counts.length; bin++) {
    if (bin > 0 && edges[bin - 1] === psiCuts[psiEnds.length]) psiEnds.push(bin);
    const [from, to] = [edges[bin - 1] ?? (edges[0] as number), edges[bin] ?? (edges.at(-1) as number)];
    if (bin > 0 && bin < edges.length && nextUp(datatype, from) === to) atoms[bin] = 1;
    points[bin] = atoms[bin] === 1 ? from : from + (to - from) / 2;
  }
  psiEnds.push(counts.length);
  return { bins: new BinFinder(edges), psiEnds, atoms, gaps: gapsOf(points), labels: cutLabels(psiCuts) };
}

function cutLabels(cuts: readonly number[]): string[] {
  const text = cuts.map((cut) => String(Number(cut.toPrecision(6))));
  if (text.length === 0) return ['any'];
  const between = text.slice(1).map((cut, index) => `[${text[index]}, ${cut})`);
  return [`< ${text[0]}`, ...between, `>= ${text.at(-1)}`];
}

function countersOf(baseline: Baseline, size: number, cells: Grid['cells']): Counters {
  const counters = new Float64Array(size);
  counters[ROWS_SLOT] = baseline.rows;
  for (const { at, feature } of cells) {
    counters[at] = feature.missing;
    if (feature.kind === 'numeric') counters.set(feature.counts, at + 1);
    else {
      counters[at + 1] = feature.kind === 'items' ? feature.rows : feature.count;
      counters.set([...feature.values.map(({ count }) => count), feature.other], at + 2);
    }
  }
  return counters;
}
