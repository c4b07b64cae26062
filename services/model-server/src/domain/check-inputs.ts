import { Problem } from '@vinaigrette/problems';
import { checkTensor, datatypes, type Datatype, type Signature, type Tensor } from '@vinaigrette/signature';
import type { Tensors } from './batch.js';

/** A tensor as a protocol announces it. Its values are read only once name, type and shape are known to fit. */
export interface AnnouncedTensor {
  name: string;
  datatype: string;
  shape: readonly number[];
  /** Throws SIGNATURE_MISMATCH when the values sent are not a tensor of that type and shape. */
  read(datatype: Datatype): Tensor;
}

/**
 * Most elements taken: each is a byte of the message at least, and no message is larger. A dimension of 0 makes a tensor
 * empty however large the others are, and a graph may make a tensor of those; so it counts as 1.
 */
const ELEMENTS_MAX = 2 ** 26;

/** The inputs by name. Throws SIGNATURE_MISMATCH naming the tensor that is missing, unknown, doubled or does not fit. */
export function checkInputs(signature: Signature, announced: readonly AnnouncedTensor[]): Tensors {
  const inputs = new Map<string, Tensor>();
  for (const tensor of announced) {
    const { name } = tensor;
    const spec = signature.inputs.find((candidate) => candidate.name === name);
    if (!spec) throw mismatch(name, `there is no input ${shown(name)}; the inputs are ${names(signature.inputs)}`);
    if (inputs.has(name)) throw mismatch(name, `${name} came twice`);
    const datatype = datatypes.find((known) => known === tensor.datatype);
    if (!datatype) throw mismatch(name, `${name} is ${spec.datatype}, not ${shown(tensor.datatype)}`);
    if (!isSane(tensor.shape)) {
      throw mismatch(name, `${name} cannot have the shape [${tensor.shape.join(', ')}]`);
    }
    checkTensor(spec, { datatype, shape: tensor.shape, data: [] });
    const values = tensor.read(datatype);
    if (datatype === 'BOOL' && (values.data as Uint8Array).some((value) => value > 1)) {
      throw mismatch(name, `${name} is BOOL: each of its bytes is 0 or 1`);
    }
    inputs.set(name, values);
  }
  const missing = signature.inputs.find(({ name }) => !inputs.has(name));
  if (missing) throw mismatch(missing.name, `the input ${missing.name} is missing`);
  return Object.fromEntries(inputs);
}

/** The outputs to answer with, in the order asked; all of them when none was asked for. */
export function checkOutputs(signature: Signature, asked: readonly string[]): string[] {
  const known = signature.outputs.map(({ name }) => name);
  const stranger = asked.find((name) => !known.includes(name));
  if (stranger !== undefined) {
    throw mismatch(stranger, `there is no output ${shown(stranger)}; the outputs are ${known.join(', ')}`);
  }
  return asked.length > 0 ? [...new Set(asked)] : known;
}

const isSane = (shape: readonly number[]): boolean =>
  shape.every((size) => size >= 0) && shape.reduce((product, size) => product * Math.max(size, 1), 1) <= ELEMENTS_MAX;
const mismatch = (field: string, message: string): Problem => new Problem('SIGNATURE_MISMATCH', message, { field });
const names = (specs: readonly { name: string }[]): string => specs.map(({ name }) => name).join(', ');
const shown = (text: string): string => JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
