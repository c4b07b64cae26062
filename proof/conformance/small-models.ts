import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { ModelProtoSchema, TensorProto_DataType, type ValueInfoProtoSchema } from '@vinaigrette/contracts/onnx';

/** The types a client sends, as the protocol names them. */
export const echoTypes = {
  BOOL: TensorProto_DataType.BOOL,
  UINT8: TensorProto_DataType.UINT8,
  UINT16: TensorProto_DataType.UINT16,
  UINT32: TensorProto_DataType.UINT32,
  UINT64: TensorProto_DataType.UINT64,
  INT8: TensorProto_DataType.INT8,
  INT16: TensorProto_DataType.INT16,
  INT32: TensorProto_DataType.INT32,
  INT64: TensorProto_DataType.INT64,
  FP16: TensorProto_DataType.FLOAT16,
  FP32: TensorProto_DataType.FLOAT,
  FP64: TensorProto_DataType.DOUBLE,
  BYTES: TensorProto_DataType.STRING,
};

type Graph = NonNullable<MessageInitShape<typeof ModelProtoSchema>['graph']>;

/** sum = x + addend, for x FP32 [B, 2]. */
export const adder = (addend: number): Uint8Array =>
  onnx({
    node: [{ opType: 'Add', input: ['x', 'addend'], output: ['sum'] }],
    input: [matrix('x', TensorProto_DataType.FLOAT, 2)],
    output: [matrix('sum', TensorProto_DataType.FLOAT, 2)],
    initializer: [{ name: 'addend', dims: [1n], dataType: TensorProto_DataType.FLOAT, floatData: [addend] }],
  });

/** Golden examples of `adder`, of one row each. */
export function adderGolden(addend: number): object {
  const row = (...data: number[]) => ({ datatype: 'FP32', shape: [1, 2], data });
  const examples = Array.from({ length: 20 }, (_, index) => ({
    inputs: { x: row(index, -index) },
    outputs: { sum: row(index + addend, addend - index) },
  }));
  return { examples };
}

/** Gives `item` back as `same`; any number of rows and columns. */
export const echo = (elementType: TensorProto_DataType): Uint8Array =>
  onnx({
    node: [{ opType: 'Identity', input: ['item'], output: ['same'] }],
    input: [matrix('item', elementType)],
    output: [matrix('same', elementType)],
  });

const onnx = (graph: Exclude<Graph, { $typeName: string }>): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 17n }],
      graph: { name: 'small', ...graph },
    }),
  );

/** A tensor of any number of rows; of any number of columns too when none is given. */
function matrix(name: string, elemType: number, columns?: number): MessageInitShape<typeof ValueInfoProtoSchema> {
  const width =
    columns === undefined
      ? { case: 'dimParam' as const, value: 'N' }
      : { case: 'dimValue' as const, value: BigInt(columns) };
  const dim = [{ value: { case: 'dimParam' as const, value: 'B' } }, { value: width }];
  return { name, type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } } };
}
