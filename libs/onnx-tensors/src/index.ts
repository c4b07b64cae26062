import { Tensor as OrtTensor } from 'onnxruntime-node';
import type { Datatype, Tensor } from '@vinaigrette/signature';

/** ONNX Runtime's names of the element types, by the Open Inference Protocol's. */
const ortTypes: Record<Datatype, OrtTensor.Type> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
};
const datatypes = new Map(Object.entries(ortTypes).map(([datatype, type]) => [type, datatype as Datatype]));

/** What a session is fed, by input name; the tensors' memory is shared, not copied. */
export function toOrt(tensors: Readonly<Record<string, Tensor>>): Record<string, OrtTensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { datatype, shape, data }]) => [
      name,
      datatype === 'FP16'
        ? halfPrecision(shape, data as Uint16Array)
        : new OrtTensor(ortTypes[datatype], data as OrtTensor.DataType, shape),
    ]),
  );
}

/**
 * The class turns bits into a Float16Array where Node has one (24 and later), of which the native part of
 * onnxruntime-node 1.x reads nothing: "not enough space: expected 4, got 0". It reads a plain object as well.
 */
const halfPrecision = (dims: readonly number[], data: Uint16Array): OrtTensor =>
  ({ type: 'float16', dims, data, location: 'cpu' }) as unknown as OrtTensor;

/** What a session answered, by output name. Throws RangeError naming an output that is no dense tensor we serve. */
export function fromOrt(outputs: Readonly<Record<string, unknown>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, output]) => {
      const { type, dims, data } = output as OrtTensor;
      const datatype = datatypes.get(type);
      if (!datatype) throw new RangeError(`The output ${name} is ${type}, which is not served`);
      return [name, { datatype, shape: dims, data: datatype === 'FP16' ? bitsOf(data) : (data as Tensor['data']) }];
    }),
  );
}

/** Half-precision floats as their bits: newer Nodes have an array type of their own for them. */
function bitsOf(halves: unknown): Uint16Array {
  const { buffer, byteOffset, length } = halves as Uint16Array<ArrayBuffer>;
  return new Uint16Array(buffer, byteOffset, length);
}
