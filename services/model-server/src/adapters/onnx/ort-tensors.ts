import ort from 'onnxruntime-node';
import type { Datatype, Tensor } from '@vinaigrette/signature';
import type { Tensors } from '../../domain/batch.js';

type OrtType = ort.Tensor.Type;

const ortTypes: Record<Datatype, OrtType> = {
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
const datatypes = new Map(Object.entries(ortTypes).map(([datatype, type]) => [type, datatype as Datatype]));

export function ortTensors(tensors: Tensors): Record<string, ort.Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { datatype, shape, data }]) => [
      name,
      new ort.Tensor(ortTypes[datatype], data as ort.Tensor.DataType, shape),
    ]),
  );
}

/** Throws RangeError when an output is no dense tensor, which a checked signature rules out. */
export function tensorsOf(outputs: ort.InferenceSession.OnnxValueMapType): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => {
      const tensor = value as ort.Tensor;
      const datatype = datatypes.get(tensor.type);
      if (!datatype) throw new RangeError(`The output ${name} is ${tensor.type}, which is not served`);
      return [name, { datatype, shape: tensor.dims, data: tensor.data as Tensor['data'] }];
    }),
  );
}
