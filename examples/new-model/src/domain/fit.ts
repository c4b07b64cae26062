import { Matrix, solve } from 'ml-matrix';
import { inputs, label, type Customer, type Row } from './columns.js';

const ROUNDS_MAX = 50;
const STEP_MIN = 1e-9;

/** probability = logistic(bias + sum over inputs of weight x (value - mean) / scale). */
export interface Model {
  /** Stand for unknown values. */
  readonly medians: readonly number[];
  readonly means: readonly number[];
  readonly scales: readonly number[];
  readonly weights: readonly number[];
  readonly bias: number;
}

/**
 * Logistic regression by Newton's method, with a penalty on the squares of the weights. Throws RangeError where nothing
 * can be learned: an input that never changes, or rows of one kind only.
 */
export function fit(rows: readonly Row[], penalty: number): Model {
  const wanted = rows.map(({ returned }) => returned);
  if (new Set(wanted).size < 2)
    throw new RangeError(`${label} is the same in every row: there is nothing to tell apart`);
  const medians = inputs.map((name, at) => medianOf(rows, name, at));
  const columns = inputs.map((_, at) => rows.map(({ customer }) => known(customer, at, medians)));
  const means = columns.map(mean);
  const scales = columns.map((column, at) =>
    Math.sqrt(mean(column.map((value) => (value - (means[at] as number)) ** 2))),
  );
  const constant = scales.findIndex((scale) => scale < 1e-12);
  if (constant >= 0) throw new RangeError(`${inputs[constant]} is the same in every row`);
  const scaled = rows.map((_, row) =>
    columns.map((column, at) => ((column[row] as number) - (means[at] as number)) / (scales[at] as number)),
  );
  const [bias = 0, ...weights] = newton(new Matrix(scaled.map((values) => [1, ...values])), wanted, penalty);
  return { medians, means, scales, weights, bias };
}

/** How likely the customer comes back, 0 to 1. */
export function probabilityOf({ medians, means, scales, weights, bias }: Model, customer: Customer): number {
  const scaled = inputs.map((_, at) => (known(customer, at, medians) - (means[at] as number)) / (scales[at] as number));
  return logistic(scaled.reduce((sum, value, at) => sum + value * (weights[at] as number), bias));
}

/** Mean logarithm of the probability of what came true, at most 0; a coin says -0.693. */
export function logLikelihood(model: Model, rows: readonly Row[]): number {
  const likely = rows.map(({ customer, returned }) => {
    const probability = probabilityOf(model, customer);
    return Math.log(Math.max(1e-12, returned === 1 ? probability : 1 - probability));
  });
  return mean(likely);
}

function newton(design: Matrix, wanted: readonly number[], penalty: number): number[] {
  let weights = Matrix.zeros(design.columns, 1);
  const ridge = Matrix.diag([0, ...Array<number>(design.columns - 1).fill(penalty)]);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const probabilities = design.mmul(weights).to1DArray().map(logistic);
    const errors = Matrix.columnVector(wanted.map((value, row) => value - (probabilities[row] as number)));
    const gradient = design.transpose().mmul(errors).sub(ridge.mmul(weights));
    const spread = design.clone();
    probabilities.forEach((p, row) => spread.mulRow(row, p * (1 - p)));
    const curvature = design.transpose().mmul(spread).add(ridge).add(Matrix.eye(design.columns).mul(1e-9));
    const step = solve(curvature, gradient);
    weights = Matrix.add(weights, step);
    if (Math.max(...step.to1DArray().map(Math.abs)) < STEP_MIN) break;
  }
  return weights.to1DArray();
}

function medianOf(rows: readonly Row[], name: string, at: number): number {
  const values = rows.map(({ customer }) => customer[at] as number).filter((value) => !Number.isNaN(value));
  if (values.length === 0) throw new RangeError(`${name} is unknown in every row`);
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function known(customer: Customer, at: number, medians: readonly number[]): number {
  const value = customer[at] as number;
  return Number.isNaN(value) ? (medians[at] as number) : value;
}

const logistic = (value: number): number => 1 / (1 + Math.exp(-value));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
