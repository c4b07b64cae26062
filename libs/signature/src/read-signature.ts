import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, TensorProto_DataType, type ValueInfoProto } from '@vinaigrette/contracts/onnx';
import { Problem } from '@vinaigrette/problems';
import type { Datatype, Signature, TensorSpec } from './signature.js';

const datatypeOf: Partial<Record<TensorProto_DataType, Datatype>> = {
  [TensorProto_DataType.FLOAT]: 'FP32',
  [TensorProto_DataType.DOUBLE]: 'FP64',
  [TensorProto_DataType.BOOL]: 'BOOL',
  [TensorProto_DataType.STRING]: 'BYTES',
  [TensorProto_DataType.INT8]: 'INT8',
  [TensorProto_DataType.INT16]: 'INT16',
  [TensorProto_DataType.INT32]: 'INT32',
  [TensorProto_DataType.INT64]: 'INT64',
  [TensorProto_DataType.UINT8]: 'UINT8',
  [TensorProto_DataType.UINT16]: 'UINT16',
  [TensorProto_DataType.UINT32]: 'UINT32',
  [TensorProto_DataType.UINT64]: 'UINT64',
};

/** Most values of one list that the log keeps when a signature does not say how many. */
const LOGGED_VALUES_MAX = 100;

/**
 * What the ONNX graph itself declares, without running it. `logged` becomes every input and every output of at most
 * two dimensions, lists cut to 100 values; a signature.json beside the model may say otherwise.
 * Throws MODEL_INVALID when the bytes are no graph, or use types that are no dense tensor.
 */
export function readSignature(onnx: Uint8Array): Signature {
  const { graph } = parseModel(onnx);
  if (!graph || graph.node.length === 0) throw new Problem('MODEL_INVALID', 'The file holds no ONNX graph');
  // Old exporters list constants among the inputs too; those have a value already and nobody sends them.
  const constants = new Set(graph.initializer.map((tensor) => tensor.name));
  const inputs = graph.input.filter((value) => !constants.has(value.name)).map(specOf);
  const outputs = graph.output.map(specOf);
  const logged = [...inputs, ...outputs.filter((output) => output.shape.length <= 2)].map((spec) =>
    isList(spec) ? { tensor: spec.name, first: LOGGED_VALUES_MAX } : { tensor: spec.name },
  );
  return { inputs, outputs, logged };
}

/** Whether one row of the tensor holds several values: rank two or more, unless every further dimension is 1. */
export function isList(spec: TensorSpec): boolean {
  return spec.shape.slice(1).some((size) => size !== 1);
}

function parseModel(onnx: Uint8Array) {
  try {
    return fromBinary(ModelProtoSchema, onnx);
  } catch (cause) {
    throw new Problem('MODEL_INVALID', 'The file is not ONNX: its bytes cannot be parsed', { cause });
  }
}

function specOf(value: ValueInfoProto): TensorSpec {
  if (value.type?.value.case !== 'tensorType') {
    throw new Problem('MODEL_INVALID', `${value.name} is a sequence or a map; only tensors can be served`, {
      field: value.name,
    });
  }
  const tensor = value.type.value.value;
  const datatype = datatypeOf[tensor.elemType as TensorProto_DataType];
  if (!datatype) {
    throw new Problem('MODEL_INVALID', `${value.name} has ONNX element type ${tensor.elemType}, which is not served`, {
      field: value.name,
    });
  }
  const shape = (tensor.shape?.dim ?? []).map((dimension) =>
    dimension.value.case === 'dimValue' ? Number(dimension.value.value) : -1,
  );
  return { name: value.name, datatype, shape };
}
