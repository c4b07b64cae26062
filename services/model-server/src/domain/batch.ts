import { elementCount, tensorOf, type Signature, type Tensor, type TensorData } from '@vinaigrette/signature';

export type Tensors = Readonly<Record<string, Tensor>>;

/** The first dimension all inputs share: the rows of the batch. Undefined when they share none, or have no rows. */
export function rowsOf(inputs: Tensors): number | undefined {
  const sizes = new Set(Object.values(inputs).map((tensor) => tensor.shape[0]));
  const [rows] = sizes;
  return sizes.size === 1 && rows ? rows : undefined;
}

/**
 * Names, types and every dimension but the first. Lists of different lengths are never padded to one: what padding
 * means is the model's secret.
 */
export function joiningKey(inputs: Tensors): string {
  return Object.entries(inputs)
    .map(([name, { datatype, shape }]) => `${name}:${datatype}:${shape.slice(1).join('x')}`)
    .sort()
    .join(' ');
}

/** One request of all: every tensor's rows one below the other. The requests must have one `joiningKey`. */
export function joinRows(requests: readonly Tensors[]): Tensors {
  const [first] = requests;
  if (!first || requests.length === 1) return first ?? {};
  return Object.fromEntries(
    Object.keys(first).map((name) => [name, joinTensors(requests.map((request) => request[name] as Tensor))]),
  );
}

function joinTensors(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors as [Tensor];
  const rows = tensors.reduce((sum, tensor) => sum + (tensor.shape[0] ?? 0), 0);
  return {
    datatype: first.datatype,
    shape: [rows, ...first.shape.slice(1)],
    data: concatenate(tensors.map((tensor) => tensor.data)),
  };
}

function concatenate(parts: readonly TensorData[]): TensorData {
  const [first] = parts as [TensorData];
  if (Array.isArray(first)) return (parts as string[][]).flat();
  const numbers = parts as Float32Array[];
  const length = numbers.reduce((sum, part) => sum + part.length, 0);
  const joined = new (first.constructor as Float32ArrayConstructor)(length);
  let at = 0;
  for (const part of numbers) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * The answers of the joined requests, by their numbers of rows. Undefined when some output is not one row for each row
 * of the input: such a graph cannot be asked for several requests at once.
 */
export function splitRows(outputs: Tensors, rows: readonly number[]): Tensors[] | undefined {
  const total = rows.reduce((sum, count) => sum + count, 0);
  if (Object.values(outputs).some((tensor) => tensor.shape[0] !== total)) return undefined;
  let from = 0;
  return rows.map((count) => {
    const to = from + count;
    const piece = Object.entries(outputs).map(([name, tensor]) => [name, sliceRows(tensor, from, to)] as const);
    from = to;
    return Object.fromEntries(piece);
  });
}

function sliceRows({ datatype, shape, data }: Tensor, from: number, to: number): Tensor {
  const width = elementCount(shape.slice(1));
  return { datatype, shape: [to - from, ...shape.slice(1)], data: data.slice(from * width, to * width) };
}

/** Inputs without a row, as a caller may send them; undefined when some input has a fixed number of rows. */
export function emptyBatchOf({ inputs }: Signature): Tensors | undefined {
  if (inputs.some(({ shape }) => shape[0] !== -1)) return undefined;
  return Object.fromEntries(
    inputs.map(({ name, datatype, shape }) => {
      const sizes = [0, ...shape.slice(1).map((size) => (size === -1 ? 1 : size))];
      return [name, tensorOf(datatype, sizes, [])];
    }),
  );
}

/** Whether a batch has no rows: some input's first dimension is 0. */
export const isEmptyBatch = (inputs: Tensors): boolean => Object.values(inputs).some(({ shape }) => shape[0] === 0);
