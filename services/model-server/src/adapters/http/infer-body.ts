import { z } from 'zod';
import { Problem } from '@vinaigrette/problems';
import { decodeRaw, encodeRaw, numberOfHalf, tensorOf, type Signature, type Tensor } from '@vinaigrette/signature';
import type { Answer, Question } from '../../answer-inference.js';
import type { AnnouncedTensor } from '../../domain/check-inputs.js';
import { wishOf } from '../protocol/parameters.js';

const parameters = z.record(z.string(), z.unknown()).default({});
const inferRequest = z.object({
  id: z.string().default(''),
  parameters,
  inputs: z
    .array(
      z.object({
        name: z.string(),
        datatype: z.string(),
        shape: z.array(z.number().int()),
        parameters,
        data: z.unknown().optional(),
      }),
    )
    .default([]),
  outputs: z.array(z.object({ name: z.string(), parameters })).default([]),
});
type InferRequest = z.infer<typeof inferRequest>;

/** A question in this protocol, with what its answer has to be written in the same form. */
export interface HttpQuestion extends Question {
  /** Whether the output's values follow the JSON as bytes. */
  isBinary(output: string): boolean;
}

/** An answer as it is sent: text when all of it is JSON; `jsonBytes`: how much of it is, when tensors follow. */
export interface InferAnswer {
  body: string | Buffer;
  jsonBytes?: number;
}

/**
 * The body of an infer request: JSON, followed by the tensors that announce a `binary_data_size`, in the order of the
 * inputs. `jsonBytes` absent: all of it is JSON; 0: all of it is the one input's raw tensor.
 * Throws BODY_NOT_JSON, BODY_INVALID, PARAMETER_INVALID, SIGNATURE_MISMATCH.
 */
export function readInferBody(
  body: Buffer,
  jsonBytes: number | undefined,
  target: Pick<Question, 'model' | 'version'>,
  signatureOf: () => Signature,
): HttpQuestion {
  if (jsonBytes === 0) return rawQuestion(body, target, signatureOf());
  const cut = jsonBytes ?? body.length;
  if (cut > body.length) {
    throw new Problem('BODY_INVALID', `The header announces ${cut} bytes of JSON; the body has ${body.length} in all`);
  }
  const request = parseRequest(body.toString('utf8', 0, cut));
  const outputs = new Map(request.outputs.map((output) => [output.name, output.parameters['binary_data'] === true]));
  const byDefault = request.parameters['binary_data_output'] === true;
  // Named one by one: to spread an object and add to it costs more here than all the rest.
  return {
    model: target.model,
    version: target.version,
    id: request.id,
    inputs: announcedInputs(request, body.subarray(cut)),
    outputs: [...outputs.keys()],
    wish: wishOf((name) => request.parameters[name]),
    isBinary: (name) => outputs.get(name) ?? byDefault,
  };
}

/** The answer, with those outputs behind the JSON whose values were wanted as bytes. */
export function writeInferBody({ version, outputs }: Answer, { model, id, isBinary }: HttpQuestion): InferAnswer {
  const behind: Uint8Array[] = [];
  const entries = outputs.map(([name, tensor]) => {
    const head = `"name":${JSON.stringify(name)},"datatype":"${tensor.datatype}","shape":[${tensor.shape.join()}]`;
    if (!isBinary(name)) return `{${head},"data":${jsonOf(tensor)}}`;
    const bytes = encodeRaw(tensor);
    behind.push(bytes);
    return `{${head},"parameters":{"binary_data_size":${bytes.byteLength}}}`;
  });
  const named = `"model_name":${JSON.stringify(model)},"model_version":"${version}"`;
  const identified = id === '' ? named : `${named},"id":${JSON.stringify(id)}`;
  const text = `{${identified},"outputs":[${entries.join()}]}`;
  if (behind.length === 0) return { body: text };
  const json = Buffer.from(text);
  return { body: Buffer.concat([json, ...behind]), jsonBytes: json.length };
}

function parseRequest(text: string): InferRequest {
  const { data, error } = inferRequest.safeParse(parsed(text));
  if (!error) return data;
  const [issue] = error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new Problem(
    'BODY_INVALID',
    `The request is not one for an inference: ${issue?.message} at ${field || 'its root'}`,
    {
      field,
    },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem('BODY_NOT_JSON', `The body is not JSON: ${(cause as Error).message.slice(0, 200)}`, { cause });
  }
}

function announcedInputs(request: InferRequest, behind: Buffer): AnnouncedTensor[] {
  let at = 0;
  const inputs = request.inputs.map(({ name, datatype, shape, parameters, data }): AnnouncedTensor => {
    const size = parameters['binary_data_size'];
    if (size === undefined)
      return { name, datatype, shape, read: (known) => tensorOf(known, shape, flat(data, shape, name), name) };
    if (data !== undefined) throw mismatch(`${name} has data beside its binary_data_size; send one of the two`, name);
    const end = at + Number(size);
    if (!Number.isSafeInteger(size) || end < at || end > behind.length) {
      throw mismatch(
        `${name} announces ${String(size)} bytes behind the JSON, where ${behind.length - at} are left`,
        name,
      );
    }
    const bytes = behind.subarray(at, end);
    at = end;
    return { name, datatype, shape, read: (known) => decodeRaw(known, shape, bytes, name) };
  });
  if (at < behind.length) throw mismatch(`${behind.length - at} bytes behind the JSON belong to no input`);
  return inputs;
}

/** `data` may be nested as the shape is, or flat. */
function flat(data: unknown, shape: readonly number[], name: string): unknown[] {
  if (!Array.isArray(data)) throw mismatch(`${name} has no data, which is a list`, name);
  return Array.isArray(data[0]) ? (data.flat(shape.length - 1) as unknown[]) : data;
}

/** A body without JSON: one row of the only input, whose one dynamic dimension, if it has one, its length tells. */
function rawQuestion(body: Buffer, target: Pick<Question, 'model' | 'version'>, { inputs }: Signature): HttpQuestion {
  const [input, ...others] = inputs;
  const row = input?.shape.slice(1) ?? [];
  if (!input || others.length > 0 || row.filter((size) => size === -1).length > 1 || input.datatype === 'BYTES') {
    throw mismatch('A body without JSON needs a model with one numeric input that has one dynamic dimension at most');
  }
  const fixed = row.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
  const perValue = encodeRaw(tensorOf(input.datatype, [1], [input.datatype === 'BOOL' ? false : 0])).byteLength;
  const open = Math.floor(body.length / perValue / Math.max(1, fixed));
  const shape = [1, ...row.map((size) => (size === -1 ? open : size))];
  const { name, datatype } = input;
  return {
    ...target,
    id: '',
    inputs: [{ name, datatype, shape, read: (known) => decodeRaw(known, shape, body, name) }],
    outputs: [],
    wish: {},
    isBinary: () => true,
  };
}

/** A tensor's values, flat. Whole numbers are written out in full, also past 2^53; what JSON has no word for is null. */
function jsonOf({ datatype, data }: Tensor): string {
  switch (datatype) {
    case 'BYTES':
      return JSON.stringify(data);
    case 'BOOL':
      return `[${Array.from(data as Uint8Array, (value) => value === 1).join()}]`;
    case 'FP16':
      return JSON.stringify(Array.from(data as Uint16Array, numberOfHalf));
    case 'FP32':
    case 'FP64':
      return JSON.stringify(Array.from(data as Float64Array));
    default:
      return `[${(data as BigInt64Array).join()}]`;
  }
}

const mismatch = (message: string, field = 'inputs'): Problem => new Problem('SIGNATURE_MISMATCH', message, { field });
