import type { Fields, TensorValue } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import { elementCount, rowOf, tensorOf, type Signature, type Tensor, type TensorSpec } from '@vinaigrette/signature';
import type { OutputValue, Outputs } from './adjust-outputs.js';
import type { MadeInputs } from './make-inputs.js';

/**
 * One row of the tensors the signature wants. `fields` names inputs that expressions read and the model need not take.
 * Throws SIGNATURE_MISMATCH naming `inputs.<name>`.
 */
export function inputTensors(
  signature: Signature,
  { given, otherwise }: MadeInputs,
  fields: Fields = {},
): Record<string, Tensor> {
  const known = new Set(signature.inputs.map((spec) => spec.name));
  const stranger = Object.keys(given).find((name) => !known.has(name) && !Object.hasOwn(fields, name));
  if (stranger !== undefined) {
    throw mismatch(stranger, `The model takes no input "${stranger}", only ${[...known].join(', ')}`);
  }
  return Object.fromEntries(
    signature.inputs.map((spec) => {
      const source = Object.hasOwn(given, spec.name) ? given : otherwise;
      const value = Object.hasOwn(source, spec.name) ? source[spec.name] : undefined;
      if (value === undefined) throw mismatch(spec.name, `The input "${spec.name}" is missing and has no default`);
      return [spec.name, rowTensor(spec, value)];
    }),
  );
}

/** One row: a scalar becomes [1] or [1, 1], a list [1, n]. */
function rowTensor(spec: TensorSpec, value: TensorValue): Tensor {
  const shape = rowShape(spec, value);
  try {
    return tensorOf(spec.datatype, shape, Array.isArray(value) ? value : [value], `inputs.${spec.name}`);
  } catch (error) {
    if (!(error instanceof Problem) || Array.isArray(value)) throw error;
    throw mismatch(spec.name, error.message); // a scalar has no element 0
  }
}

function rowShape(spec: TensorSpec, value: TensorValue): number[] {
  const row = spec.shape.slice(1);
  const count = Array.isArray(value) ? value.length : 1;
  if (Array.isArray(value) && row.length === 0) {
    throw mismatch(spec.name, `The input "${spec.name}" takes one value, not a list`);
  }
  const open = row.filter((size) => size === -1).length;
  const known = elementCount(row.filter((size) => size !== -1));
  if (open > 1) throw mismatch(spec.name, `The shape [${spec.shape.join(', ')}] cannot be filled from a list`);
  const fits = open === 0 ? count === known : known > 0 && count % known === 0;
  if (!fits) {
    const wanted = open === 0 ? `${known}` : `a multiple of ${known}`;
    throw mismatch(spec.name, `The input "${spec.name}" takes ${wanted} values, not ${count}`);
  }
  const filled = row.map((size) => (size === -1 ? count / known : size));
  return spec.shape.length === 0 ? [] : [1, ...filled];
}

const mismatch = (name: string, message: string) =>
  new Problem('SIGNATURE_MISMATCH', message, { field: `inputs.${name}` });

/** The first row of each answered tensor: a value where the row holds one, else a list, nested as the shape says. */
export function outputValues(tensors: Readonly<Record<string, Tensor>>): Outputs {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      const boolean = tensor.datatype === 'BOOL';
      const values = rowOf(tensor, 0).map((value) => (boolean ? value === 1 : value));
      const shape = tensor.shape.slice(1);
      return [name, shape.every((size) => size === 1) ? (values[0] ?? null) : nested(values, shape)];
    }),
  );
}

function nested(values: readonly OutputValue[], shape: readonly number[]): OutputValue[] {
  const [length = 0, ...rest] = shape;
  if (rest.length === 0) return [...values];
  const width = elementCount(rest);
  return Array.from({ length }, (_, index) => nested(values.slice(index * width, (index + 1) * width), rest));
}
