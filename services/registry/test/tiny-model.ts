import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { buildBaseline } from '@vinaigrette/drift';
import { ModelProtoSchema, TensorProto_DataType, type GraphProtoSchema } from '@vinaigrette/contracts/onnx';

type Graph = MessageInitShape<typeof GraphProtoSchema>;

/** A graph of one operator: y = op(x), both FP32 [-1, 1], or of other names. */
export const tinyModel = (operator = 'Neg', [x, y]: [string, string] = ['x', 'y']): Uint8Array =>
  modelOf({ node: [{ opType: operator, input: [x], output: [y] }] }, [x, y]);

/** Squares a 4,000 x 4,000 matrix two hundred times on the way to y: minutes on any machine. */
export function slowModel(): Uint8Array {
  const squares = Array.from({ length: 200 }, (_, index) => {
    return { opType: 'MatMul', input: [`m${index}`, `m${index}`], output: [`m${index + 1}`] };
  });
  return fillingModel([4_000n, 4_000n], squares, 'm200');
}

/** Fills 8 GB with zeros on the way to y. */
export const hungryModel = (): Uint8Array => fillingModel([2_000_000_000n], [], 'm0');

/** y = x + the sum of `last`, which `steps` make of m0, zeros of that shape. */
function fillingModel(shape: bigint[], steps: { opType: string; input: string[]; output: string[] }[], last: string) {
  return modelOf({
    initializer: [
      { name: 'shape', dims: [BigInt(shape.length)], dataType: TensorProto_DataType.INT64, int64Data: shape },
    ],
    node: [
      { opType: 'ConstantOfShape', input: ['shape'], output: ['m0'] },
      ...steps,
      { opType: 'ReduceSum', input: [last], output: ['sum'] },
      { opType: 'Add', input: ['x', 'sum'], output: ['y'] },
    ],
  });
}

function modelOf(graph: Graph, names: [string, string] = ['x', 'y']): Uint8Array {
  const dim = [
    { value: { case: 'dimParam' as const, value: 'batch' } },
    { value: { case: 'dimValue' as const, value: 1n } },
  ];
  const value = { case: 'tensorType' as const, value: { elemType: TensorProto_DataType.FLOAT, shape: { dim } } };
  const [input, output] = names.map((name) => [{ name, type: { value } }]);
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 13n }],
    graph: { name: 'tiny', ...graph, input, output } as Graph,
  });
  return toBinary(ModelProtoSchema, model);
}

const FP32 = { datatype: 'FP32', shape: [-1, 1] };

export const tinySignature = {
  inputs: [{ name: 'x', ...FP32 }],
  outputs: [{ name: 'y', ...FP32 }],
  logged: [{ tensor: 'x' }, { tensor: 'y' }],
};

/** Twenty examples of y = answer(x). */
export function tinyGolden(answer = (x: number) => -x) {
  const tensor = (value: number) => ({ datatype: 'FP32', shape: [1, 1], data: [value] });
  const examples = Array.from({ length: 20 }, (_, x) => ({
    inputs: { x: tensor(x) },
    outputs: { y: tensor(answer(x)) },
  }));
  return { examples };
}

/** Of thirty rows of it. */
export const tinyBaseline = buildBaseline(
  [{ name: 'it', kind: 'numeric', from: { kind: 'value', tensor: 'x' } }],
  Array.from({ length: 30 }, (_, x) => ({ x: [x], y: [-x] })),
);

/** A version's files: those of a model that negates, with what the test wants otherwise. */
export function tinyFiles(other: Record<string, unknown> = {}): Record<string, Uint8Array> {
  const files: Record<string, unknown> = {
    'model.onnx': tinyModel(),
    'signature.json': tinySignature,
    'golden.json': tinyGolden(),
    ...other,
  };
  const bytes = (content: unknown) =>
    content instanceof Uint8Array
      ? content
      : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
  return Object.fromEntries(
    Object.entries(files)
      .filter(([, content]) => content !== undefined)
      .map(([path, content]) => [path, bytes(content)]),
  );
}
