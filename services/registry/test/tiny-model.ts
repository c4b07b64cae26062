import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, TensorProto_DataType } from '@vinaigrette/contracts/onnx';

/** A graph of one operator: y = op(x), both FP32 [-1, 1]. */
export function tinyModel(operator = 'Neg'): Uint8Array {
  const column = (name: string) => ({
    name,
    type: {
      value: {
        case: 'tensorType' as const,
        value: {
          elemType: TensorProto_DataType.FLOAT,
          shape: {
            dim: [
              { value: { case: 'dimParam' as const, value: 'batch' } },
              { value: { case: 'dimValue' as const, value: 1n } },
            ],
          },
        },
      },
    },
  });
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 13n }],
      graph: {
        name: 'tiny',
        node: [{ opType: operator, input: ['x'], output: ['y'] }],
        input: [column('x')],
        output: [column('y')],
      },
    }),
  );
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
