import { z } from 'zod';
import type { LoggedRow } from '@vinaigrette/signature';

const tensor = z.string().min(1);
/** The scalar; the first of a list (missing when it is empty); how many values it has; the share of them that is known. */
const numericSource = z.strictObject({ kind: z.enum(['value', 'first', 'length', 'knownShare']), tensor });
const categorySource = z.strictObject({ kind: z.enum(['value', 'first']), tensor });
const itemsSource = z.strictObject({ kind: z.literal('values'), tensor });
const name = z.string().min(1).max(128);

/** The element type edges and values are rounded to: FP32 where the tensor is, FP64 for everything else. */
export const gridDatatypes = ['FP32', 'FP64'] as const;
export type GridDatatype = (typeof gridDatatypes)[number];

/** How much the model says a feature matters, in any unit: only ratios count. */
const importance = z.number().min(0).max(1e9).optional();

export const numericDefinition = z.strictObject({ name, kind: z.literal('numeric'), from: numericSource, importance });
export const categoricalDefinition = z.strictObject({
  name,
  kind: z.literal('categorical'),
  from: categorySource,
  importance,
});
export const itemsDefinition = z.strictObject({ name, kind: z.literal('items'), from: itemsSource, importance });

/**
 * What is watched and where in a logged row it stands. `datatype` is that of the tensor (default FP64); lengths and
 * shares are FP64 whatever the tensor is.
 */
export type FeatureDefinition =
  | (z.infer<typeof numericDefinition> & { datatype?: GridDatatype })
  | z.infer<typeof categoricalDefinition>
  | z.infer<typeof itemsDefinition>;

/**
 * The number a row gives a numeric feature, in the grid's datatype; undefined: missing, which NaN and infinities are
 * too. `vocabulary` is what a share counts as known. Throws RangeError when the row holds no such tensor or text in it.
 */
export function numberOf(
  from: z.infer<typeof numericSource>,
  datatype: GridDatatype,
  row: LoggedRow,
  vocabulary: ReadonlySet<string> | undefined,
): number | undefined {
  const values = valuesIn(row, from.tensor);
  switch (from.kind) {
    case 'length':
      return values.filter(isPresent).length;
    case 'knownShare': {
      const present = values.filter(isPresent);
      if (present.length === 0) return undefined;
      return present.filter((value) => vocabulary?.has(String(value))).length / present.length;
    }
    default: {
      const value = values[0];
      if (typeof value === 'string') throw new RangeError(`${from.tensor} holds text, not a number`);
      if (value === undefined || !Number.isFinite(value)) return undefined;
      return roundTo(datatype, value);
    }
  }
}

/** The category a row gives a categorical feature; undefined: missing. Throws RangeError as `numberOf`. */
export function categoryOf(from: z.infer<typeof categorySource>, row: LoggedRow): string | undefined {
  const value = valuesIn(row, from.tensor)[0];
  return isPresent(value) ? String(value) : undefined;
}

/** Every value of a row's list, as text, without the missing ones. Throws RangeError as `numberOf`. */
export function itemsOf(from: z.infer<typeof itemsSource>, row: LoggedRow): string[] {
  return valuesIn(row, from.tensor).filter(isPresent).map(String);
}

/** A number as the datatype holds it; zero has one sign. */
export function roundTo(datatype: GridDatatype, value: number): number {
  return (datatype === 'FP32' ? Math.fround(value) : value) + 0;
}

function valuesIn(row: LoggedRow, name: string): (number | string)[] {
  const values = row[name];
  if (!values) throw new RangeError(`The row holds no ${name}`);
  return values;
}

/** "" and NaN are how the log writes a missing value. */
function isPresent(value: number | string | undefined): boolean {
  return value !== undefined && value !== '' && !Number.isNaN(value);
}
