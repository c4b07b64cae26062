import { createHash } from 'node:crypto';
import type { Datatype, Signature } from './signature.js';
import { isList } from './read-graph.js';
import { elementCount, valuesOf, type Tensor } from './tensor.js';

/** A column of the prediction log: one tensor's values of one row. */
export interface LoggedColumn {
  name: string;
  role: 'input' | 'output';
  datatype: Datatype;
  list: boolean;
  /** Most values kept of a list; absent: all. */
  first?: number;
}

/** A prediction's logged values by tensor name; a scalar is a list of one. NaN and "" are missing. */
export type LoggedRow = Record<string, (number | string)[]>;

/** The wire form: the columns' values one after another, in the schema's order. */
export interface PackedRow {
  numbers: number[];
  texts: string[];
  lengths: number[];
}

/** What a signature leaves in the log, in the order it names it. */
export function loggedSchema(signature: Signature): LoggedColumn[] {
  const inputs = new Map(signature.inputs.map((spec) => [spec.name, spec]));
  const outputs = new Map(signature.outputs.map((spec) => [spec.name, spec]));
  return signature.logged.map(({ tensor, first }) => {
    const spec = inputs.get(tensor) ?? outputs.get(tensor);
    if (!spec) throw new RangeError(`Cannot log ${tensor}: the signature does not know it`);
    const list = isList(spec);
    return {
      name: tensor,
      role: inputs.has(tensor) ? 'input' : 'output',
      datatype: spec.datatype,
      list,
      ...(list && first !== undefined ? { first } : {}),
    };
  });
}

/** SHA-256 of the schema in a fixed spelling: two logs with the same id hold comparable values. 32 bytes. */
export function schemaIdOf(schema: readonly LoggedColumn[]): Uint8Array {
  const spelling = schema.map(({ name, role, datatype, list, first }) => [name, role, datatype, list, first ?? 0]);
  return createHash('sha256').update(JSON.stringify(spelling)).digest();
}

/**
 * One row of the batch as the log keeps it. A list of text loses its padding (the empty texts at its end) and what is
 * beyond `first`. A tensor that is absent (no answer was made) leaves missing values.
 */
export function packRow(
  schema: readonly LoggedColumn[],
  tensors: Readonly<Record<string, Tensor>>,
  row = 0,
): PackedRow {
  const packed: PackedRow = { numbers: [], texts: [], lengths: [] };
  for (const column of schema) {
    const tensor = tensors[column.name];
    const text = column.datatype === 'BYTES';
    const values = tensor ? loggedValues(column, tensor, row) : column.list ? [] : [text ? '' : NaN];
    if (column.list) packed.lengths.push(values.length);
    const into = (text ? packed.texts : packed.numbers) as (number | string)[];
    for (const value of values) into.push(value);
  }
  return packed;
}

function loggedValues({ list, datatype, first = Infinity }: LoggedColumn, tensor: Tensor, row: number) {
  const width = elementCount(tensor.shape.slice(1));
  const start = row * width;
  let end = start + width;
  if (list && datatype === 'BYTES') while (end > start && tensor.data[end - 1] === '') end -= 1;
  return valuesOf(tensor, start, list ? Math.min(end, start + first) : end);
}

/**
 * The inverse of `packRow`, of every column or of those of one role. Throws RangeError when the values are not those of
 * the schema.
 */
export function unpackRow(schema: readonly LoggedColumn[], packed: PackedRow, only?: LoggedColumn['role']): LoggedRow {
  const at = { numbers: 0, texts: 0, lengths: 0 };
  const row: LoggedRow = {};
  for (const column of schema) {
    const kind = column.datatype === 'BYTES' ? 'texts' : 'numbers';
    const length = column.list ? packed.lengths[at.lengths++] : 1;
    if (length === undefined || at[kind] + length > packed[kind].length) {
      throw new RangeError(`The record ends before ${column.name}`);
    }
    if (only === undefined || column.role === only) row[column.name] = packed[kind].slice(at[kind], at[kind] + length);
    at[kind] += length;
  }
  if (at.numbers !== packed.numbers.length || at.texts !== packed.texts.length) {
    throw new RangeError('The record holds more values than its schema');
  }
  return row;
}
