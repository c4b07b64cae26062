import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  type AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
  type GraphProto,
} from '@vinaigrette/contracts/onnx';

/** ScatterElements knows `min` since 18, LabelEncoder tables of strings to integers since ai.onnx.ml 2. */
const OPSET = 18n;
const ML_OPSET = 3n;
const ML_DOMAIN = 'ai.onnx.ml';
/** The file format that came with opset 18 (ONNX 1.13). */
const IR_VERSION = 8n;

type AttributeValue = number | string | readonly string[] | readonly bigint[];
type Dimension = number | string;

/** Writes an ONNX graph node by node; every method that adds a value answers its name. */
export class OnnxGraph {
  private readonly graph: GraphProto;
  private names = 0;

  constructor(name: string, docString: string) {
    this.graph = create(GraphProtoSchema, { name, docString });
  }

  /** A dimension is a size, or the name of one that differs from call to call. */
  input(name: string, type: DataType, shape: readonly Dimension[]): string {
    this.graph.input.push(valueInfo(name, type, shape));
    return name;
  }

  /** Declares a value computed under this very name as an answer of the graph. */
  output(name: string, type: DataType, shape: readonly Dimension[]): void {
    this.graph.output.push(valueInfo(name, type, shape));
  }

  integers(name: string, dims: readonly number[], values: readonly number[]): string {
    const rawData = bytesOf(BigInt64Array.from(values, (value) => BigInt(value)));
    return this.constant({ name, dims: dims.map(BigInt), dataType: DataType.INT64, rawData });
  }

  int32s(name: string, dims: readonly number[], values: readonly number[]): string {
    return this.constant({
      name,
      dims: dims.map(BigInt),
      dataType: DataType.INT32,
      rawData: bytesOf(Int32Array.from(values)),
    });
  }

  floats(name: string, dims: readonly number[], values: readonly number[]): string {
    const rawData = bytesOf(Float32Array.from(values));
    return this.constant({ name, dims: dims.map(BigInt), dataType: DataType.FLOAT, rawData });
  }

  booleans(name: string, dims: readonly number[], values: readonly boolean[]): string {
    const rawData = Uint8Array.from(values, Number);
    return this.constant({ name, dims: dims.map(BigInt), dataType: DataType.BOOL, rawData });
  }

  strings(name: string, values: readonly string[]): string {
    const stringData = values.map((value) => new TextEncoder().encode(value));
    return this.constant({ name, dims: [BigInt(values.length)], dataType: DataType.STRING, stringData });
  }

  /** Adds a node with one output, named by the last argument or by itself. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Record<string, AttributeValue> = {},
    output = `${opType}_${this.names++}`,
  ): string {
    this.add(opType, inputs, [output], attributes);
    return output;
  }

  add(
    opType: string,
    input: readonly string[],
    output: readonly string[],
    attributes: Record<string, AttributeValue>,
  ): void {
    const domain = opType === 'LabelEncoder' ? ML_DOMAIN : '';
    const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
    const texts = { name: output.join('_'), opType, domain, input: [...input], output: [...output] };
    this.graph.node.push(create(NodeProtoSchema, { ...texts, attribute }));
  }

  /** The file. The same graph gives the same bytes. */
  toBytes(): Uint8Array {
    const model = create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      producerName: 'vinaigrette',
      opsetImport: [
        { domain: '', version: OPSET },
        { domain: ML_DOMAIN, version: ML_OPSET },
      ],
      graph: this.graph,
    });
    return toBinary(ModelProtoSchema, model);
  }

  private constant(tensor: MessageInitShape<typeof TensorProtoSchema> & { name: string }): string {
    this.graph.initializer.push(create(TensorProtoSchema, tensor));
    return tensor.name;
  }
}

function bytesOf(values: BigInt64Array | Int32Array | Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength); // little-endian, as ONNX wants it
}

function valueInfo(name: string, elemType: DataType, shape: readonly Dimension[]) {
  const dim = shape.map((size) =>
    typeof size === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
      : { value: { case: 'dimParam' as const, value: size } },
  );
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } },
  });
}

function attributeOf(name: string, value: AttributeValue): MessageInitShape<typeof AttributeProtoSchema> {
  const utf8 = new TextEncoder();
  if (typeof value === 'number') return { name, type: AttributeType.INT, i: BigInt(value) };
  if (typeof value === 'string') return { name, type: AttributeType.STRING, s: utf8.encode(value) };
  if (typeof value[0] === 'bigint') return { name, type: AttributeType.INTS, ints: value as bigint[] };
  return { name, type: AttributeType.STRINGS, strings: (value as string[]).map((text) => utf8.encode(text)) };
}
