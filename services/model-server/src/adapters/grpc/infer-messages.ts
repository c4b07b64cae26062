import { create } from '@bufbuild/protobuf';
import {
  ModelInferResponseSchema,
  type InferTensorContents,
  type ModelInferRequest,
  type ModelInferResponse,
} from '@vinaigrette/contracts/inference';
import { Problem } from '@vinaigrette/problems';
import { decodeRaw, decodeTyped, elementCount, encodeRaw, encodeTyped, hasTypedForm } from '@vinaigrette/signature';
import type { Answer, Question } from '../../answer-inference.js';
import type { AnnouncedTensor } from '../../domain/check-inputs.js';
import { wishOf } from '../protocol/parameters.js';

/** Whether values travel as raw bytes; an answer takes the form of its question. */
const isRaw = (request: ModelInferRequest): boolean => request.rawInputContents.length > 0;

/** A question in this protocol, with what its answer has to be written in the same form. */
export interface GrpcQuestion extends Question {
  raw: boolean;
}

/** Throws SIGNATURE_MISMATCH when raw and typed contents are mixed, PARAMETER_INVALID when a reserved one is no number. */
export function questionOf(request: ModelInferRequest): GrpcQuestion {
  return {
    model: request.modelName,
    version: request.modelVersion,
    id: request.id,
    inputs: announcedInputs(request),
    outputs: request.outputs.map(({ name }) => name),
    wish: wishOf((name) => request.parameters[name]?.parameterChoice.value),
    raw: isRaw(request),
  };
}

/** The request's tensors, values unread. Throws SIGNATURE_MISMATCH when raw and typed contents are mixed. */
function announcedInputs(request: ModelInferRequest): AnnouncedTensor[] {
  const raw = isRaw(request);
  if (raw && request.rawInputContents.length !== request.inputs.length) {
    const [values, inputs] = [request.rawInputContents.length, request.inputs.length];
    throw mismatch(`raw_input_contents has ${values} entries for ${inputs} inputs; it needs one each, in order`);
  }
  return request.inputs.map(({ name, datatype, shape, contents }, index) => {
    if (raw && contents && !isEmpty(contents))
      throw mismatch(`${name} has contents beside raw_input_contents; send one of the two`, name);
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

/**
 * The answer in the form of its question, with the number that answered. A tensor without a typed form makes the whole
 * answer raw: the protocol knows no mixture.
 */
export function inferResponse(
  { model, id, raw: asked }: GrpcQuestion,
  { version, outputs }: Answer,
): ModelInferResponse {
  const raw = asked || !outputs.every(([, { datatype }]) => hasTypedForm(datatype));
  return create(ModelInferResponseSchema, {
    modelName: model,
    modelVersion: String(version),
    id,
    outputs: outputs.map(([name, tensor]) => ({
      name,
      datatype: tensor.datatype,
      shape: tensor.shape.map(BigInt),
      ...(raw ? {} : { contents: encodeTyped(tensor) }),
    })),
    rawOutputContents: raw ? outputs.map(([, tensor]) => encodeRaw(tensor)) : [],
  });
}

/** MLServer's client sends contents without values beside raw ones. */
const isEmpty = (contents: InferTensorContents): boolean =>
  Object.values(contents).every((values) => !Array.isArray(values) || values.length === 0);

const mismatch = (message: string, field = 'inputs'): Problem => new Problem('SIGNATURE_MISMATCH', message, { field });
