import { Matrix, QrDecomposition } from 'ml-matrix';
import type { Insured } from './insured.js';
import type { Term } from './terms.js';

/** charges = base + sum over terms of weight x (value - mean) / scale. USD a year. */
export interface LinearModel {
  /** The mean charge of the training rows: the quote of somebody average in everything. */
  base: number;
  weights: readonly number[];
  means: readonly number[];
  /** Standard deviations. */
  scales: readonly number[];
}

/**
 * Least squares by QR on standardised columns, so that years and yes-or-no weigh alike in the arithmetic; `ridge` is what
 * the square of a weight costs, 0 for ordinary least squares (Hoerl and Kennard, Technometrics 12(1), 1970). Throws
 * RangeError when a term or the charge is the same for every row, when terms say the same twice, or rows are too few.
 */
export function fitLinear(
  terms: readonly Term[],
  people: readonly Insured[],
  charges: readonly number[],
  ridge = 0,
): LinearModel {
  if (people.length <= terms.length)
    throw new RangeError(`${people.length} rows cannot tell ${terms.length} terms apart`);
  const columns = terms.map(({ value }) => people.map(value));
  const means = columns.map(mean);
  const scales = columns.map((column, at) =>
    Math.sqrt(mean(column.map((value) => (value - (means[at] as number)) ** 2))),
  );
  const constant = scales.findIndex((scale) => scale < 1e-12);
  if (constant !== -1) throw new RangeError(`${terms[constant]?.name} is the same in every row`);
  const base = mean(charges);
  if (charges.every((charge) => charge === base)) throw new RangeError('charges is the same in every row');
  const design = people.map((_, row) =>
    columns.map((column, at) => ((column[row] as number) - (means[at] as number)) / (scales[at] as number)),
  );
  const wanted = charges.map((charge) => charge - base);
  if (ridge > 0) {
    // A row a term that asks for a weight of 0 weighs it as the penalty says (Hastie et al., exercise 3.12).
    terms.forEach((_, at) => design.push(terms.map((_, other) => (other === at ? Math.sqrt(ridge) : 0))));
    wanted.push(...terms.map(() => 0));
  }
  const qr = new QrDecomposition(new Matrix(design));
  if (!qr.isFullRank()) throw new RangeError('Some terms say the same: no weights are better than others');
  const weights = qr.solve(Matrix.columnVector(wanted)).to1DArray();
  return { base, weights, means, scales };
}

/** What each term adds to the base, in USD. */
export function contributionsOf(
  { weights, means, scales }: LinearModel,
  terms: readonly Term[],
  person: Insured,
): number[] {
  return terms.map(
    ({ value }, at) => ((value(person) - (means[at] as number)) / (scales[at] as number)) * (weights[at] as number),
  );
}

export function chargeOf(model: LinearModel, terms: readonly Term[], person: Insured): number {
  return contributionsOf(model, terms, person).reduce((sum, part) => sum + part, model.base);
}

/** The weights in the units of the terms, and the charge where every term is 0: as statistics books print them. */
export function coefficientsOf({ base, weights, means, scales }: LinearModel): {
  intercept: number;
  weights: number[];
} {
  const unscaled = weights.map((weight, at) => weight / (scales[at] as number));
  return {
    intercept: base - unscaled.reduce((sum, weight, at) => sum + weight * (means[at] as number), 0),
    weights: unscaled,
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
