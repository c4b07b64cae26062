import { Problem } from '@vinaigrette/problems';
import { halfBitsOf, numberOfHalf } from './half.js';
import type { Datatype, TensorSpec } from './signature.js';

export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | readonly string[];

/** A dense, row-major tensor. BOOL is one byte an element, 0 or 1; FP16 its bits in a Uint16Array; BYTES is an array of text. */
export interface Tensor {
  datatype: Datatype;
  shape: readonly number[];
  data: TensorData;
}

/** Bytes of one element; BYTES has none of its own. */
export const elementBytes: Record<Exclude<Datatype, 'BYTES'>, number> = {
  BOOL: 1,
  UINT8: 1,
  INT8: 1,
  UINT16: 2,
  INT16: 2,
  FP16: 2,
  UINT32: 4,
  INT32: 4,
  FP32: 4,
  UINT64: 8,
  INT64: 8,
  FP64: 8,
};

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The whole-number types and the values each can hold, both ends included. */
const integerRanges: Partial<Record<Datatype, readonly [bigint, bigint]>> = {
  UINT8: [0n, 2n ** 8n - 1n],
  UINT16: [0n, 2n ** 16n - 1n],
  UINT32: [0n, 2n ** 32n - 1n],
  UINT64: [0n, 2n ** 64n - 1n],
  INT8: [-(2n ** 7n), 2n ** 7n - 1n],
  INT16: [-(2n ** 15n), 2n ** 15n - 1n],
  INT32: [-(2n ** 31n), 2n ** 31n - 1n],
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
};

/**
 * Values as JSON holds them, made a tensor. Throws SIGNATURE_MISMATCH naming the element when a value does not fit
 * the datatype, or when their number does not fit the shape. `null` in a float is missing: NaN.
 */
export function tensorOf(datatype: Datatype, shape: readonly number[], values: readonly unknown[], field = ''): Tensor {
  if (values.length !== elementCount(shape)) {
    throw new Problem('SIGNATURE_MISMATCH', `${values.length} values do not fill the shape [${shape.join(', ')}]`, {
      field,
    });
  }
  const refuse = (index: number): never => {
    throw new Problem('SIGNATURE_MISMATCH', `${shown(values[index])} is not ${datatype}`, {
      field: `${field}[${index}]`,
    });
  };
  return { datatype, shape, data: dataOf(datatype, values, refuse) };
}

function dataOf(datatype: Datatype, values: readonly unknown[], refuse: (index: number) => never): TensorData {
  const strings = () => values.map((value, index) => (typeof value === 'string' ? value : refuse(index)));
  const booleans = () => values.map((value, index) => (typeof value === 'boolean' ? Number(value) : refuse(index)));
  const floats = () =>
    values.map((value, index) => (value === null ? NaN : typeof value === 'number' ? value : refuse(index)));
  const bigints = () => values.map((value, index) => integerOf(datatype, value) ?? refuse(index));
  const integers = () => bigints().map(Number);
  switch (datatype) {
    case 'BYTES':
      return strings();
    case 'BOOL':
      return Uint8Array.from(booleans());
    case 'FP16':
      return Uint16Array.from(floats(), halfBitsOf);
    case 'FP32':
      return Float32Array.from(floats());
    case 'FP64':
      return Float64Array.from(floats());
    case 'UINT8':
      return Uint8Array.from(integers());
    case 'UINT16':
      return Uint16Array.from(integers());
    case 'UINT32':
      return Uint32Array.from(integers());
    case 'UINT64':
      return BigUint64Array.from(bigints());
    case 'INT8':
      return Int8Array.from(integers());
    case 'INT16':
      return Int16Array.from(integers());
    case 'INT32':
      return Int32Array.from(integers());
    case 'INT64':
      return BigInt64Array.from(bigints());
  }
}

/** A value as a message may quote it: short, and never what is nested in it. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value);
  return Array.isArray(value) ? 'a list' : typeof value === 'object' && value ? 'an object' : String(value);
}

/** A whole number within the datatype's range, also when written as text (JSON's way past 2^53); else undefined. */
function integerOf(datatype: Datatype, value: unknown): bigint | undefined {
  const whole = typeof value === 'string' ? /^-?\d{1,20}$/.test(value) : Number.isSafeInteger(value);
  if (!whole && typeof value !== 'bigint') return undefined;
  const integer = BigInt(value as string | number | bigint);
  const [least, most] = integerRanges[datatype] ?? [0n, 0n];
  return integer >= least && integer <= most ? integer : undefined;
}

/** Throws SIGNATURE_MISMATCH unless the tensor is one the spec describes. */
export function checkTensor(spec: TensorSpec, tensor: Tensor): void {
  if (tensor.datatype !== spec.datatype) {
    throw new Problem('SIGNATURE_MISMATCH', `${spec.name} is ${spec.datatype}, not ${tensor.datatype}`, {
      field: spec.name,
    });
  }
  const fits =
    tensor.shape.length === spec.shape.length &&
    spec.shape.every((size, axis) => size === -1 || size === tensor.shape[axis]);
  if (!fits && !spec.anyRank) {
    throw new Problem(
      'SIGNATURE_MISMATCH',
      `${spec.name} has shape [${spec.shape.join(', ')}] (-1: any size), not [${tensor.shape.join(', ')}]`,
      { field: spec.name },
    );
  }
}

/** The values of one row of the batch, as numbers or text. INT64 beyond 2^53 is rounded to the nearest double. */
export function rowOf(tensor: Tensor, row: number): (number | string)[] {
  const width = elementCount(tensor.shape.slice(1));
  return valuesOf(tensor, row * width, (row + 1) * width);
}

/** Some of the values, as `rowOf` gives them, from one place up to another. */
export function valuesOf({ datatype, data }: Tensor, start: number, end: number): (number | string)[] {
  const values: (number | string)[] = [];
  for (let at = start; at < Math.min(end, data.length); at++) {
    const value = data[at] as number | bigint | string;
    values.push(
      typeof value === 'bigint' ? Number(value) : datatype === 'FP16' ? numberOfHalf(value as number) : value,
    );
  }
  return values;
}
