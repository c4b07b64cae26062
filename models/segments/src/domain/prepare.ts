import type { CustomerRow, Segmentation } from './segmentation.js';

/** What the graph does to a value before it looks for the nearest centre, one number a feature. */
export interface Preparation {
  /** Stands for an unknown value, before the transform. */
  readonly medians: readonly number[];
  /** Subtracted after the transform. */
  readonly means: readonly number[];
  /** Divides what is left; 1 where nothing is scaled. */
  readonly scales: readonly number[];
}

/**
 * Learns the preparation from customers. Means and scales (population standard deviation) are those of the transformed
 * values with medians in place of the unknown ones. Throws RangeError naming a feature that is unknown throughout, or
 * the same for everybody, which tells nobody apart.
 */
export function learnPreparation({ features, scale }: Segmentation, rows: readonly CustomerRow[]): Preparation {
  const learnt = features.map(({ name, transform }, column) => {
    const known = rows.map((row) => row[column] as number).filter((value) => !Number.isNaN(value));
    if (known.length === 0) throw new RangeError(`${name} is unknown of every customer`);
    const median = medianOf(known);
    const values = rows.map((row) => transformed(transform, orElse(row[column] as number, median)));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    if (deviation === 0) throw new RangeError(`${name} is the same for every customer`);
    return scale === 'standard' ? { median, mean, scale: deviation } : { median, mean: 0, scale: 1 };
  });
  return {
    medians: learnt.map(({ median }) => median),
    means: learnt.map(({ mean }) => mean),
    scales: learnt.map(({ scale }) => scale),
  };
}

/** A customer as a point among the centres. */
export function prepare({ features }: Segmentation, preparation: Preparation, row: CustomerRow): number[] {
  return features.map(({ transform }, column) => {
    const value = transformed(transform, orElse(row[column] as number, preparation.medians[column] as number));
    return (value - (preparation.means[column] as number)) / (preparation.scales[column] as number);
  });
}

/** The upper of the two middle values where there are two. */
function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** Below 0 log1p has no answer: such a value counts as 0. */
const transformed = (transform: 'none' | 'log1p', value: number) =>
  transform === 'log1p' ? Math.log1p(Math.max(0, value)) : value;

const orElse = (value: number, otherwise: number) => (Number.isNaN(value) ? otherwise : value);
