import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType,
  ValueInfoProtoSchema,
  type TensorProtoSchema,
} from '@vinaigrette/contracts/onnx';
import type { Datatype } from '@vinaigrette/signature';

type Node = MessageInitShape<typeof NodeProtoSchema>;
type Constant = MessageInitShape<typeof TensorProtoSchema>;
type Value = MessageInitShape<typeof ValueInfoProtoSchema>;

const elementTypes: Record<Datatype, TensorProto_DataType> = {
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

/** A graph's tensor; a text in the shape is a dynamic dimension. */
export function value(name: string, datatype: Datatype, shape: readonly (number | string)[]): Value {
  const dim = shape.map((size) => ({
    value:
      typeof size === 'number'
        ? { case: 'dimValue' as const, value: BigInt(size) }
        : { case: 'dimParam' as const, value: size },
  }));
  const elemType = elementTypes[datatype];
  return { name, type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } } };
}

export function floats(name: string, dims: readonly number[], data: readonly number[]): Constant {
  return { name, dims: dims.map(BigInt), dataType: TensorProto_DataType.FLOAT, floatData: [...data] };
}

export function integers(name: string, dims: readonly number[], data: readonly number[]): Constant {
  return { name, dims: dims.map(BigInt), dataType: TensorProto_DataType.INT64, int64Data: data.map(BigInt) };
}

export function onnx(node: Node[], input: Value[], output: Value[], initializer: Constant[] = []): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 17n }],
      graph: { name: 'tiny', node, input, output, initializer },
    }),
  );
}

/** sum = x + addend, for x FP32 [B, 2]. */
export function adder(addend: number): Uint8Array {
  return onnx(
    [{ opType: 'Add', input: ['x', 'addend'], output: ['sum'] }],
    [value('x', 'FP32', ['B', 2])],
    [value('sum', 'FP32', ['B', 2])],
    [floats('addend', [1], [addend])],
  );
}

/** `adder`, with the addend FP32 [1] in a file beside the graph. */
export function weightsBeside(location: string): Uint8Array {
  const addend = {
    name: 'addend',
    dims: [1n],
    dataType: TensorProto_DataType.FLOAT,
    dataLocation: 1, // EXTERNAL
    externalData: [{ key: 'location', value: location }],
  };
  return onnx(
    [{ opType: 'Add', input: ['x', 'addend'], output: ['sum'] }],
    [value('x', 'FP32', ['B', 2])],
    [value('sum', 'FP32', ['B', 2])],
    [addend],
  );
}

/** A graph whose output `sum` goes on into a list of maps, `scores`, as scikit-learn's classifiers end. */
export function zipMapped(model: Uint8Array): Uint8Array {
  const parsed = fromBinary(ModelProtoSchema, model);
  const classes = { name: 'classlabels_int64s', type: 7, ints: [0n, 1n] };
  const zipMap: Node = {
    opType: 'ZipMap',
    domain: 'ai.onnx.ml',
    input: ['sum'],
    output: ['scores'],
    attribute: [classes],
  };
  parsed.graph?.node.push(create(NodeProtoSchema, zipMap));
  if (parsed.graph) parsed.graph.output = [create(ValueInfoProtoSchema, { name: 'scores' })];
  return toBinary(ModelProtoSchema, parsed);
}

/** Twenty golden examples of `adder`. */
export function adderGolden(addend: number): object {
  const examples = Array.from({ length: 20 }, (_, index) => ({
    inputs: { x: { datatype: 'FP32', shape: [1, 2], data: [index, -index] } },
    outputs: { sum: { datatype: 'FP32', shape: [1, 2], data: [index + addend, addend - index] } },
  }));
  return { examples };
}

/** Gives `item` back as `same`, whatever type it has; two dynamic dimensions. */
export function echo(datatype: Datatype): Uint8Array {
  return onnx(
    [{ opType: 'Identity', input: ['item'], output: ['same'] }],
    [value('item', datatype, ['B', 'N'])],
    [value('same', datatype, ['B', 'N'])],
  );
}

/** Gives `in_TYPE` back as `out_TYPE` for each of the types; two dynamic dimensions. */
export function echoOfEach(datatypes: readonly Datatype[]): Uint8Array {
  return onnx(
    datatypes.map((datatype) => ({ opType: 'Identity', input: [`in_${datatype}`], output: [`out_${datatype}`] })),
    datatypes.map((datatype) => value(`in_${datatype}`, datatype, ['B', 'N'])),
    datatypes.map((datatype) => value(`out_${datatype}`, datatype, ['B', 'N'])),
  );
}

/** price = [10, 20, 30][index]: fails on any other index. */
export function priceList(): Uint8Array {
  return onnx(
    [{ opType: 'Gather', input: ['prices', 'index'], output: ['price'] }],
    [value('index', 'INT64', ['B'])],
    [value('price', 'FP32', ['B'])],
    [floats('prices', [3], [10, 20, 30])],
  );
}

export function priceListGolden(): object {
  const examples = Array.from({ length: 20 }, (_, index) => ({
    inputs: { index: { datatype: 'INT64', shape: [1], data: [index % 3] } },
    outputs: { price: { datatype: 'FP32', shape: [1], data: [10 * ((index % 3) + 1)] } },
  }));
  return { examples };
}

/** share = x / the column's sum over the whole batch: rows are not independent, though the signature says nothing. */
export function shareOfBatch(): Uint8Array {
  return onnx(
    [
      { opType: 'ReduceSum', input: ['x', 'rows'], output: ['total'] },
      { opType: 'Div', input: ['x', 'total'], output: ['share'] },
    ],
    [value('x', 'FP32', ['B', 1])],
    [value('share', 'FP32', ['B', 1])],
    [integers('rows', [1], [0])],
  );
}

export function shareOfBatchGolden(): object {
  const examples = Array.from({ length: 20 }, (_, index) => ({
    inputs: { x: { datatype: 'FP32', shape: [1, 1], data: [index + 1] } },
    outputs: { share: { datatype: 'FP32', shape: [1, 1], data: [1] } },
  }));
  return { examples };
}

/** price as in `priceList`, after some tens of milliseconds of multiplying matrices of zeros. */
export function slowPriceList(): Uint8Array {
  const size = 512;
  const products = Array.from({ length: 6 }, (_, index) => ({
    opType: 'MatMul',
    input: [`m${index}`, `m${index}`],
    output: [`m${index + 1}`],
  }));
  return onnx(
    [
      { opType: 'Gather', input: ['prices', 'index'], output: ['plain'] },
      { opType: 'Shape', input: ['index'], output: ['count'] },
      { opType: 'Concat', input: ['side', 'side'], output: ['square'], attribute: [{ name: 'axis', type: 2, i: 0n }] },
      { opType: 'Cast', input: ['count'], output: ['countF'], attribute: [{ name: 'to', type: 2, i: 1n }] },
      { opType: 'Mul', input: ['countF', 'zero'], output: ['nought'] },
      { opType: 'Expand', input: ['nought', 'square'], output: ['m0'] },
      ...products,
      { opType: 'ReduceSum', input: ['m6'], output: ['rest'], attribute: [{ name: 'keepdims', type: 2, i: 0n }] },
      { opType: 'Add', input: ['plain', 'rest'], output: ['price'] },
    ],
    [value('index', 'INT64', ['B'])],
    [value('price', 'FP32', ['B'])],
    [floats('prices', [3], [10, 20, 30]), floats('zero', [1], [0]), integers('side', [1], [size])],
  );
}

/** same = n, after as many turns of a loop as the largest of n: takes as long as the caller likes. */
export function turnsOfALoop(): Uint8Array {
  const body = {
    name: 'turn',
    node: [
      { opType: 'Identity', input: ['going'], output: ['goes'] },
      { opType: 'Add', input: ['turns', 'one'], output: ['turned'] },
    ],
    input: [value('turn', 'INT64', []), value('going', 'BOOL', []), value('turns', 'INT64', [])],
    output: [value('goes', 'BOOL', []), value('turned', 'INT64', [])],
  };
  return onnx(
    [
      { opType: 'ReduceMax', input: ['n'], output: ['most'], attribute: [{ name: 'keepdims', type: 2, i: 0n }] },
      {
        opType: 'Loop',
        input: ['most', '', 'none'],
        output: ['counted'],
        attribute: [{ name: 'body', type: 5, g: body }],
      },
      { opType: 'Sub', input: ['counted', 'most'], output: ['nought'] },
      { opType: 'Add', input: ['n', 'nought'], output: ['same'] },
    ],
    [value('n', 'INT64', ['B'])],
    [value('same', 'INT64', ['B'])],
    [integers('one', [], [1]), integers('none', [], [0])],
  );
}

export function turnsOfALoopGolden(): object {
  const examples = Array.from({ length: 20 }, (_, index) => ({
    inputs: { n: { datatype: 'INT64', shape: [1], data: [index] } },
    outputs: { same: { datatype: 'INT64', shape: [1], data: [index] } },
  }));
  return { examples };
}

/** The two largest of x FP32 [B, 4]. ONNX Runtime 1.30 divides by zero in TopK when B is 0. */
export function twoLargest(): Uint8Array {
  return onnx(
    [{ opType: 'TopK', input: ['x', 'two'], output: ['largest', 'where'] }],
    [value('x', 'FP32', ['B', 4])],
    [value('largest', 'FP32', ['B', 2]), value('where', 'INT64', ['B', 2])],
    [integers('two', [1], [2])],
  );
}

export function twoLargestGolden(): object {
  const examples = Array.from({ length: 20 }, (_, index) => ({
    inputs: { x: { datatype: 'FP32', shape: [1, 4], data: [index, 1 + index, 3 + index, 2 + index] } },
    outputs: {
      largest: { datatype: 'FP32', shape: [1, 2], data: [3 + index, 2 + index] },
      where: { datatype: 'INT64', shape: [1, 2], data: [2, 3] },
    },
  }));
  return { examples };
}
