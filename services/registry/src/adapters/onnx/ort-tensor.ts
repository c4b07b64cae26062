import * as ort from 'onnxruntime-node';
import type { Datatype, Tensor, TensorData } from '@vinaigrette/signature';

/** ONNX Runtime's names of the element types, by the Open Inference Protocol's. */
const typeOf: Record<Datatype, ort.Tensor.Type> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
};
const datatypeOf = new Map(Object.entries(typeOf).map(([datatype, type]) => [type, datatype as Datatype]));

export function toOrt({ datatype, shape, data }: Tensor): ort.Tensor {
  return new ort.Tensor(typeOf[datatype], data as ort.Tensor['data'], shape);
}

/** Throws RangeError for an element type that the protocol does not know. */
export function fromOrt(name: string, tensor: ort.Tensor): Tensor {
  const datatype = datatypeOf.get(tensor.type);
  if (!datatype) throw new RangeError(`${name} has the element type ${tensor.type}`);
  return { datatype, shape: tensor.dims, data: tensor.data as TensorData };
}
