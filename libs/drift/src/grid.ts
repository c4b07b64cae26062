import type { LoggedRow } from '@vinaigrette/signature';
import type { Baseline, CategoricalFeature, ItemsFeature, NumericFeature } from './baseline.js';
import { categoryOf, itemsOf, numberOf } from './feature.js';
import { binOf } from './bin-of.js';

/** Slot 0 of every grid counts the rows. */
export const ROWS_SLOT = 0;

/** Slots of a numeric feature: `at` missing, then one a bin. */
export interface NumericCells {
  kind: 'numeric';
  feature: NumericFeature;
  at: number;
  vocabulary: ReadonlySet<string> | undefined;
}
/** Slots of a category: `at` missing rows, the rows with a value, one a named value, known others, unseen values. */
export interface CategoryCells {
  kind: 'categorical' | 'items';
  feature: CategoricalFeature | ItemsFeature;
  at: number;
  vocabulary: ReadonlySet<string>;
  indexOf: ReadonlyMap<string, number>;
}

/** A baseline made ready for counting: every counter of every feature has a slot, the same in every process. */
export interface Grid {
  baseline: Baseline;
  size: number;
  cells: (NumericCells | CategoryCells)[];
}

/** Lays the features' counters out one after another, in the baseline's order. */
export function gridOf(baseline: Baseline): Grid {
  const vocabularies = new Map(
    Object.entries(baseline.vocabularies).map(([tensor, values]) => [tensor, new Set(values)]),
  );
  let size = ROWS_SLOT + 1;
  const cells = baseline.features.map((feature): NumericCells | CategoryCells => {
    const at = size;
    const vocabulary = vocabularies.get(feature.from.tensor);
    if (feature.kind === 'numeric') {
      size += 1 + feature.counts.length;
      return { kind: 'numeric', feature, at, vocabulary };
    }
    size += 4 + feature.values.length;
    const indexOf = new Map(feature.values.map(({ value }, index) => [value, index]));
    return { kind: feature.kind, feature, at, vocabulary: vocabulary ?? new Set(), indexOf };
  });
  return { baseline, size, cells };
}

/**
 * The slots a row raises by one each. Throws RangeError, with nothing counted, when the row lacks a tensor the baseline
 * reads or holds text where it reads a number.
 */
export function slotsOf(grid: Grid, row: LoggedRow): number[] {
  const slots = [ROWS_SLOT];
  for (const cells of grid.cells) {
    const { at, feature } = cells;
    if (feature.kind === 'numeric') {
      const value = numberOf(feature.from, feature.datatype, row, cells.vocabulary);
      slots.push(value === undefined ? at : at + 1 + binOf(feature.edges, value));
    } else {
      const values =
        feature.kind === 'items' ? itemsOf(feature.from, row) : [categoryOf(feature.from, row) ?? []].flat();
      slots.push(values.length === 0 ? at : at + 1);
      for (const value of values) slots.push(at + 2 + categoryIndex(cells as CategoryCells, value));
    }
  }
  return slots;
}

function categoryIndex({ indexOf, vocabulary }: CategoryCells, value: string): number {
  return indexOf.get(value) ?? indexOf.size + (vocabulary.has(value) ? 0 : 1);
}
