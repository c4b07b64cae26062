import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelInferRequestSchema, ModelInferResponseSchema } from '@vinaigrette/contracts/inference';
import type { Tensors } from '@vinaigrette/serving';
import { decodeRaw, decodeTyped, encodeRaw, type Datatype, type Tensor } from '@vinaigrette/signature';
import type { ModelAnswer } from '../../domain/model-answer.js';

/** A ModelInferRequest with raw contents. */
export function encodeRequest(model: string, version: string, inputs: Tensors): Buffer {
  const tensors = Object.entries(inputs);
  const bytes = toBinary(
    ModelInferRequestSchema,
    create(ModelInferRequestSchema, {
      modelName: model,
      modelVersion: version,
      inputs: tensors.map(([name, { datatype, shape }]) => ({ name, datatype, shape: shape.map(BigInt) })),
      rawInputContents: tensors.map(([, tensor]) => encodeRaw(tensor)),
    }),
  );
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The answer's tensors, from raw contents or, from servers that send no raw ones, from typed contents. */
export function decodeResponse(bytes: Uint8Array): ModelAnswer {
  try {
    const { modelVersion, outputs, rawOutputContents } = fromBinary(ModelInferResponseSchema, bytes);
    const tensors = outputs.map(({ name, datatype, shape, contents }, index): [string, Tensor] => {
      const raw = rawOutputContents[index];
      const [type, sizes] = [datatype as Datatype, shape.map(Number)];
      if (raw) return [name, decodeRaw(type, sizes, raw, name)];
      if (contents) return [name, decodeTyped(type, sizes, contents, name)];
      throw new Error(`${name} came without its values`);
    });
    return { ok: true, version: Number(modelVersion) || 0, outputs: Object.fromEntries(tensors) };
  } catch (error) {
    return { ok: false, reason: 'failed', why: (error as Error).message };
  }
}
