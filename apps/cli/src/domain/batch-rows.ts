import type { ReadyUseCase } from '@vinaigrette/app-gateway/parts';
import type { Moment, TensorValue } from '@vinaigrette/documents';
import { elementCount, tensorOf, type Tensor } from '@vinaigrette/signature';
import { outputValues, splitRows, type OutputValue, type Tensors } from '@vinaigrette/serving';
import type { RowAsked } from './answer-row.js';
import type { BatchPlan, InputColumn } from './batch-plan.js';

/** Some rows of the input, column by column. */
export interface BatchRows {
  /** Number of the first, counted from 1. */
  first: number;
  count: number;
  /** By name; undefined: nothing is there. */
  columns: ReadonlyMap<string, readonly (TensorValue | undefined)[]>;
  /** By row: what stands in a column of another type; undefined: nothing. */
  unreadable: readonly (string | undefined)[];
}

/** A row that has no answer, and why. */
export interface Rejected {
  /** `row 17`, or `line 18` of a file whose line is no row. */
  where: string;
  code: string;
  why: string;
}

/** Answers to some rows, column by column. */
export interface ScoredRows {
  /** How many rows of the input they are the answers to, rejected ones counted. */
  rowsRead: number;
  /** Of each row answered. */
  numbers: readonly number[];
  units: readonly (string | undefined)[];
  columns: ReadonlyMap<string, readonly (OutputValue | object | undefined)[]>;
  /** The version columns, which are the same in every row. */
  shared: ReadonlyMap<string, number | string>;
  rejected: readonly Rejected[];
}

/** The same rows in the same order, at most so many at a time. */
export function* inParts(rows: BatchRows, rowsMax: number): Generator<BatchRows> {
  for (let from = 0; from < rows.count; from += rowsMax) {
    const to = Math.min(from + rowsMax, rows.count);
    yield {
      first: rows.first + from,
      count: to - from,
      columns: new Map([...rows.columns].map(([name, values]) => [name, values.slice(from, to)])),
      unreadable: rows.unreadable.slice(from, to),
    };
  }
}

/** What a gateway would be asked for one of the rows. */
export function rowAsked({ columns }: BatchRows, read: readonly InputColumn[], row: number): RowAsked {
  const asked = { attributes: {}, context: {}, inputs: {} };
  let [unit, basket]: [string | undefined, readonly string[]] = [undefined, []];
  for (const { name, use } of read) {
    const value = columns.get(name)?.[row];
    if (value === undefined) continue;
    if (use === 'unit') unit = String(value);
    else if (use === 'basket') basket = value as string[];
    else if (use === 'input') (asked.inputs as Record<string, TensorValue>)[name] = value;
    else if (use === 'attribute') (asked.attributes as Record<string, TensorValue>)[name] = value;
    else (asked.context as Record<string, string>)[name] = value as Moment;
  }
  return { ...asked, unit, basket };
}

/** Whether a use case does nothing to a row before or after the model but fill in defaults. */
export function isPlain({ document, expressions, ruleSet }: ReadyUseCase): boolean {
  const rules = ruleSet?.rules;
  const untouched = !rules || (rules.before.length === 0 && rules.outputs.length === 0);
  return document.kind === 'prediction' && expressions.inputs.length === 0 && untouched;
}

/**
 * The tensors of all rows at once, where that is the same as one by one; undefined: some row has to be looked at, since
 * it may be rejected. The price of a row is then that of its values.
 */
export function plainTensors({ document, wanted }: ReadyUseCase, rows: BatchRows): Tensors | undefined {
  if (document.kind !== 'prediction' || rows.unreadable.some((found) => found !== undefined)) return undefined;
  const tensors: Record<string, Tensor> = {};
  for (const { name, datatype, shape } of wanted.signature.inputs) {
    const inner = shape.slice(1);
    const otherwise = document.inputs[name]?.default;
    if (shape.length === 0 || elementCount(inner) !== 1 || Array.isArray(otherwise)) return undefined;
    const values = rows.columns.get(name) ?? new Array<undefined>(rows.count).fill(undefined);
    const lacks = values.includes(undefined);
    if (lacks && otherwise === undefined) return undefined;
    try {
      const filled = lacks ? values.map((value) => (value === undefined ? otherwise : value)) : values;
      tensors[name] = tensorOf(datatype, [rows.count, ...inner], filled, name);
    } catch {
      return undefined;
    }
  }
  return tensors;
}

/** The values of the columns that are written, of as many rows as the tensors have. */
export function plainColumns({ written }: BatchPlan, outputs: Tensors, rows: number): Map<string, OutputValue[]> {
  const columns = new Map<string, OutputValue[]>();
  for (const { name } of written) {
    const tensor = outputs[name];
    if (tensor) columns.set(name, valuesOf(name, tensor, rows));
  }
  return columns;
}

function valuesOf(name: string, tensor: Tensor, rows: number): OutputValue[] {
  const { datatype, data } = tensor;
  const asTheyAre = datatype === 'FP32' || datatype === 'FP64' || datatype === 'BYTES';
  if (asTheyAre && data.length === rows) return Array.from(data as ArrayLike<number | string>);
  return (splitRows({ [name]: tensor }, rows) ?? []).map((row) => outputValues(row)[name] ?? null);
}
