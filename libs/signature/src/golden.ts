import { z } from 'zod';
import { Problem } from '@vinaigrette/problems';
import { datatypes, type Datatype } from './signature.js';
import { numberOfHalf } from './half.js';
import { tensorOf, type Tensor } from './tensor.js';

/** Largest relative difference between a golden float and the answer. */
const RELATIVE_TOLERANCE = 1e-6;
/** Of a half-precision float: its last place. */
const HALF_TOLERANCE = 2 ** -10;
/** Fewest examples that say anything about a model, unknown and empty inputs among them. */
export const GOLDEN_EXAMPLES_MIN = 20;

const tensor = z.strictObject({
  datatype: z.enum(datatypes),
  shape: z.array(z.number().int().min(0)),
  data: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
const schema = z.strictObject({
  examples: z
    .array(z.strictObject({ inputs: z.record(z.string(), tensor), outputs: z.record(z.string(), tensor) }))
    .min(GOLDEN_EXAMPLES_MIN),
});

/** Inputs and the outputs the trained model gave for them; the contents of golden.json. */
export interface Golden {
  examples: GoldenExample[];
}
export interface GoldenExample {
  inputs: Record<string, Tensor>;
  outputs: Record<string, Tensor>;
}

/** Reads golden.json; INT64 may be written as text, and null is NaN. Throws GOLDEN_MISMATCH when it is not one. */
export function parseGolden(json: unknown): Golden {
  const { data, error } = schema.safeParse(json);
  if (error) {
    const [issue] = error.issues;
    throw new Problem('GOLDEN_MISMATCH', `golden.json cannot be read: ${issue?.message} at ${issue?.path.join('.')}`);
  }
  const tensors = (record: Record<string, z.infer<typeof tensor>>) =>
    Object.fromEntries(
      Object.entries(record).map(([name, { datatype, shape, data }]) => [name, tensorOf(datatype, shape, data, name)]),
    );
  return {
    examples: data.examples.map(({ inputs, outputs }) => ({ inputs: tensors(inputs), outputs: tensors(outputs) })),
  };
}

/**
 * What is wrong with an answer, in a sentence; undefined when it equals the golden one: shapes, text and whole numbers
 * exactly, floats within 1e-6 relative (halves within their last place), NaN
 * equal to NaN.
 */
export function differenceFromGolden(
  golden: Record<string, Tensor>,
  answer: Record<string, Tensor>,
): string | undefined {
  for (const [name, expected] of Object.entries(golden)) {
    const actual = answer[name];
    if (!actual) return `${name} is missing`;
    if (actual.datatype !== expected.datatype) return `${name} is ${actual.datatype}, not ${expected.datatype}`;
    if (actual.shape.join() !== expected.shape.join())
      return `${name} has shape [${actual.shape}], not [${expected.shape}]`;
    const same = comparisons[expected.datatype] ?? Object.is;
    for (let index = 0; index < expected.data.length; index++) {
      const [want, got] = [expected.data[index], actual.data[index]];
      if (!same(want as never, got as never)) return `${name}[${index}] is ${String(got)}, not ${String(want)}`;
    }
  }
  return undefined;
}

const comparisons: Partial<Record<Datatype, (want: number, got: number) => boolean>> = {
  FP16: (want, got) => isClose(numberOfHalf(want), numberOfHalf(got), HALF_TOLERANCE),
  FP32: (want, got) => isClose(want, got, RELATIVE_TOLERANCE),
  FP64: (want, got) => isClose(want, got, RELATIVE_TOLERANCE),
};

function isClose(want: number, got: number, tolerance: number): boolean {
  if (Object.is(want, got) || want === got) return true;
  return Math.abs(want - got) <= tolerance * Math.max(Math.abs(want), Math.abs(got));
}
