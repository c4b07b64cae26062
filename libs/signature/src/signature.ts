import { z } from 'zod';
import { Problem } from '@vinaigrette/problems';

/**
 * The Open Inference Protocol's names of element types; BYTES is text here, since ONNX strings are UTF-8. BF16 is not
 * among them: ONNX Runtime's Node binding takes no such tensor.
 */
export const datatypes = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
] as const;
export type Datatype = (typeof datatypes)[number];

const tensorSpec = z.strictObject({
  name: z.string().min(1),
  datatype: z.enum(datatypes),
  shape: z.array(z.number().int().min(-1)),
  anyRank: z.literal(true).optional(),
  labels: z.array(z.union([z.string(), z.number().int()])).optional(),
});

const loggedTensor = z.strictObject({
  tensor: z.string().min(1),
  first: z.number().int().positive().optional(),
});

export const signatureSchema = z.strictObject({
  inputs: z.array(tensorSpec).min(1),
  outputs: z.array(tensorSpec).min(1),
  logged: z.array(loggedTensor),
});

/**
 * A tensor as the graph declares it; -1 in the shape is a dynamic dimension, and the first dimension is the batch.
 * `anyRank`: the graph says nothing of the shape, which is empty here. `labels`: the
 * classes whose scores the columns of the tensor are, where the graph names them.
 */
export type TensorSpec = z.infer<typeof tensorSpec>;

/** A tensor whose values the event log keeps; of a list, only the `first` so many. Absent: all of it. */
export type LoggedTensor = z.infer<typeof loggedTensor>;

/** What a model takes, gives, and leaves in the log: the contents of signature.json. */
export type Signature = z.infer<typeof signatureSchema>;

/** Reads signature.json. Throws SIGNATURE_MISMATCH naming the field when it is not one. */
export function parseSignature(json: unknown): Signature {
  const { data, error } = signatureSchema.safeParse(json);
  if (error) {
    const [issue] = error.issues;
    const field = issue?.path.join('.') ?? '';
    throw new Problem('SIGNATURE_MISMATCH', `signature.json is not a signature: ${issue?.message} at ${field}`, {
      field,
    });
  }
  const names = new Set([...data.inputs, ...data.outputs].map((tensor) => tensor.name));
  const stranger = data.logged.find((logged) => !names.has(logged.tensor));
  if (stranger) {
    throw new Problem('SIGNATURE_MISMATCH', `signature.json logs ${stranger.tensor}, which is no input or output`, {
      field: stranger.tensor,
    });
  }
  return data;
}
