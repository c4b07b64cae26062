import { elementCount, type Tensor, type TensorData } from '@vinaigrette/signature';

export type Tensors = Readonly<Record<string, Tensor>>;

/** Whether lists of text of different lengths may be made equal with "", as in `items` of a basket. */
export type Joining = 'exact' | 'padded';

const isTextList = ({ datatype, shape }: Tensor): boolean => datatype === 'BYTES' && shape.length === 2;

/** Equal for questions that may share a call; undefined: this one must go alone, since it is not one row. */
export function joiningKey(inputs: Tensors, joining: Joining): string | undefined {
  let key = '';
  for (const name in inputs) {
    const tensor = inputs[name] as Tensor;
    if (tensor.shape[0] !== 1) return undefined;
    const sizes = joining === 'padded' && isTextList(tensor) ? '*' : tensor.shape.slice(1).join('x');
    key += `${name}:${tensor.datatype}:${sizes} `;
  }
  return key;
}

/** Questions of one row each and one `joiningKey`, one below the other; shorter lists of text end in "". */
export function joinRows(questions: readonly Tensors[]): Tensors {
  const [first] = questions as [Tensors];
  const joined: Record<string, Tensor> = {};
  for (const name in first) joined[name] = joinTensors(questions.map((question) => question[name] as Tensor));
  return joined;
}

function joinTensors(tensors: readonly Tensor[]): Tensor {
  const [{ datatype, shape, data }] = tensors as [Tensor];
  if (!isTextList(tensors[0] as Tensor)) {
    return { datatype, shape: [tensors.length, ...shape.slice(1)], data: concatenated(tensors, data) };
  }
  const width = tensors.reduce((most, tensor) => Math.max(most, tensor.data.length), 0);
  const texts: string[] = [];
  for (const tensor of tensors) {
    texts.push(...(tensor.data as readonly string[]));
    for (let at = tensor.data.length; at < width; at++) texts.push('');
  }
  return { datatype, shape: [tensors.length, width], data: texts };
}

function concatenated(tensors: readonly Tensor[], like: TensorData): TensorData {
  if (Array.isArray(like)) return tensors.flatMap(({ data }) => data as readonly string[]);
  const length = tensors.reduce((sum, { data }) => sum + data.length, 0);
  const joined = new (like.constructor as Float32ArrayConstructor)(length);
  let at = 0;
  for (const { data } of tensors) {
    joined.set(data as Float32Array, at);
    at += data.length;
  }
  return joined;
}

/** The answer of each row, as if it had been asked alone; undefined: some output has not one row for each. */
export function splitRows(outputs: Tensors, rows: number): Record<string, Tensor>[] | undefined {
  const answers = Array.from({ length: rows }, (): Record<string, Tensor> => ({}));
  for (const name in outputs) {
    const { datatype, shape, data } = outputs[name] as Tensor;
    if (shape[0] !== rows) return undefined;
    const [tail, width] = [[1, ...shape.slice(1)], elementCount(shape.slice(1))];
    for (let row = 0; row < rows; row++) {
      (answers[row] as Record<string, Tensor>)[name] = {
        datatype,
        shape: tail,
        data: data.slice(row * width, (row + 1) * width),
      };
    }
  }
  return answers;
}

/** Largest difference of two numbers taken as equal, relative to the larger: what golden answers allow as well. */
const TOLERANCE = 1e-6;

/** Whether two answers say the same: texts and whole numbers exactly, others within the tolerance. */
export function sameAnswer(one: Tensors, other: Tensors): boolean {
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => {
    const [a, b] = [one[name], other[name]] as [Tensor, Tensor | undefined];
    if (!b || a.datatype !== b.datatype || a.shape.join() !== b.shape.join()) return false;
    return Array.prototype.every.call(a.data, (value, at) => sameValue(value, b.data[at]));
  });
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || a === b) return true; // 0 and -0 too
  if (typeof a !== 'number' || typeof b !== 'number') return false;
  return Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}
