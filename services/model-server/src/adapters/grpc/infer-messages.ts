import { create } from '@bufbuild/protobuf';
import {
  ModelInferResponseSchema,
  type ModelInferRequest,
  type ModelInferResponse,
} from '@vinaigrette/contracts/inference';
import { Problem } from '@vinaigrette/problems';
import { decodeRaw, decodeTyped, elementCount, encodeRaw, encodeTyped, type Tensor } from '@vinaigrette/signature';
import type { Tensors } from '../../domain/batch.js';
import type { AnnouncedTensor } from '../../domain/check-inputs.js';

/** Whether values travel as raw bytes; an answer takes the form of its question. */
export const isRaw = (request: ModelInferRequest): boolean => request.rawInputContents.length > 0;

/** The request's tensors, values unread. Throws SIGNATURE_MISMATCH when raw and typed contents are mixed. */
export function announcedInputs(request: ModelInferRequest): AnnouncedTensor[] {
  const raw = isRaw(request);
  if (raw && request.rawInputContents.length !== request.inputs.length) {
    const [values, inputs] = [request.rawInputContents.length, request.inputs.length];
    throw mismatch(`raw_input_contents has ${values} entries for ${inputs} inputs; it needs one each, in order`);
  }
  return request.inputs.map(({ name, datatype, shape, contents }, index) => {
    if (raw && contents) throw mismatch(`${name} has contents beside raw_input_contents; send one of the two`, name);
    const sizes = shape.map(Number);
    const bytes = request.rawInputContents[index];
    return {
      name,
      datatype,
      shape: sizes,
      read: (known) => {
        if (bytes) return decodeRaw(known, sizes, bytes, name);
        if (contents) return decodeTyped(known, sizes, contents, name);
        if (elementCount(sizes) > 0) throw mismatch(`${name} has no values`, name);
        return decodeRaw(known, sizes, new Uint8Array(), name);
      },
    };
  });
}

/** The answer in the form of its question, with the number that answered. */
export function inferResponse(
  request: ModelInferRequest,
  version: number,
  names: readonly string[],
  outputs: Tensors,
): ModelInferResponse {
  const raw = isRaw(request);
  const tensors = names.map((name) => [name, outputs[name] as Tensor] as const);
  return create(ModelInferResponseSchema, {
    modelName: request.modelName,
    modelVersion: String(version),
    id: request.id,
    outputs: tensors.map(([name, tensor]) => ({
      name,
      datatype: tensor.datatype,
      shape: tensor.shape.map(BigInt),
      ...(raw ? {} : { contents: encodeTyped(tensor) }),
    })),
    rawOutputContents: raw ? tensors.map(([, tensor]) => encodeRaw(tensor)) : [],
  });
}

const mismatch = (message: string, field = 'inputs'): Problem => new Problem('SIGNATURE_MISMATCH', message, { field });
