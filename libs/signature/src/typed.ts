import { create } from '@bufbuild/protobuf';
import { InferTensorContentsSchema, type InferTensorContents } from '@vinaigrette/contracts/inference';
import { Problem } from '@vinaigrette/problems';
import type { Datatype } from './signature.js';
import { decodeText } from './raw.js';
import { tensorOf, type Tensor } from './tensor.js';

type ContentsField = Exclude<keyof InferTensorContents, '$typeName' | '$unknown'>;

/** Which repeated field of the protocol's typed form carries which datatype. */
const fields: Record<Exclude<Datatype, 'FP16'>, ContentsField> = {
  BOOL: 'boolContents',
  INT8: 'intContents',
  INT16: 'intContents',
  INT32: 'intContents',
  INT64: 'int64Contents',
  UINT8: 'uintContents',
  UINT16: 'uintContents',
  UINT32: 'uintContents',
  UINT64: 'uint64Contents',
  FP32: 'fp32Contents',
  FP64: 'fp64Contents',
  BYTES: 'bytesContents',
};

/**
 * The protocol's typed form, made a tensor. Throws SIGNATURE_MISMATCH when values and shape do not agree, and for FP16,
 * which travels raw only.
 */
export function decodeTyped(
  datatype: Datatype,
  shape: readonly number[],
  contents: InferTensorContents,
  field = '',
): Tensor {
  if (datatype === 'FP16') {
    throw new Problem('SIGNATURE_MISMATCH', `${field} is FP16, which has no typed contents: send it raw`, { field });
  }
  checkField(datatype, contents, field);
  if (datatype !== 'BYTES') return tensorOf(datatype, shape, contents[fields[datatype]], field);
  const texts = contents.bytesContents.map((bytes, index) => {
    const text = decodeText(bytes);
    if (text === undefined) {
      throw new Problem('SIGNATURE_MISMATCH', `Element ${index} of ${field} is not UTF-8`, { field });
    }
    return text;
  });
  return tensorOf(datatype, shape, texts, field);
}

/** Values in the field of another type would be as good as none: that says less than where they belong. */
function checkField(datatype: Exclude<Datatype, 'FP16'>, contents: InferTensorContents, field: string): void {
  const right = fields[datatype];
  const wrong = Object.values(fields).find((name) => name !== right && contents[name].length > 0);
  if (wrong === undefined) return;
  const text = `${field} is ${datatype}: its values belong in ${protoName(right)}, not in ${protoName(wrong)}`;
  throw new Problem('SIGNATURE_MISMATCH', text, { field });
}

const protoName = (name: ContentsField): string => name.replace('Contents', '_contents');

/** The inverse of `decodeTyped`. Never called for FP16: see `hasTypedForm`. */
export function encodeTyped(tensor: Tensor): InferTensorContents {
  if (tensor.datatype === 'FP16') throw new RangeError('FP16 has no typed form');
  const values = Array.from(tensor.data as ArrayLike<unknown>, (value) =>
    tensor.datatype === 'BOOL' ? value === 1 : tensor.datatype === 'BYTES' ? Buffer.from(value as string) : value,
  );
  return create(InferTensorContentsSchema, { [fields[tensor.datatype]]: values });
}

/** Whether the protocol has a typed form for values of that type. */
export const hasTypedForm = (datatype: Datatype): boolean => datatype !== 'FP16';
