import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { ModelProtoSchema, TensorProto_DataType as T, type ValueInfoProtoSchema } from '@vinaigrette/contracts/onnx';
import { readSignature } from './index.js';

type Value = MessageInitShape<typeof ValueInfoProtoSchema>;
const tensor = (name: string, elemType: number, dims: (number | string)[]): Value => ({
  name,
  type: {
    value: {
      case: 'tensorType',
      value: {
        elemType,
        shape: {
          dim: dims.map((size) => ({
            value:
              typeof size === 'number' ? { case: 'dimValue', value: BigInt(size) } : { case: 'dimParam', value: size },
          })),
        },
      },
    },
  },
});
const graph = (input: Value[], output: Value[], initializer: string[] = []) =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      graph: { node: [{ opType: 'Identity' }], input, output, initializer: initializer.map((name) => ({ name })) },
    }),
  );

describe('readSignature()', () => {
  it('reads names, types and shapes, and leaves constants out', () => {
    const onnx = graph(
      [tensor('items', T.STRING, ['batch', 'n']), tensor('weights', T.FLOAT, [3])],
      [tensor('confidence', T.FLOAT, ['batch', 50]), tensor('because', T.STRING, ['batch', 50, 3])],
      ['weights'],
    );
    expect(readSignature(onnx)).toEqual({
      inputs: [{ name: 'items', datatype: 'BYTES', shape: [-1, -1] }],
      outputs: [
        { name: 'confidence', datatype: 'FP32', shape: [-1, 50] },
        { name: 'because', datatype: 'BYTES', shape: [-1, 50, 3] },
      ],
      logged: [
        { tensor: 'items', first: 100 },
        { tensor: 'confidence', first: 100 },
      ],
    });
  });

  it.each([
    { fault: 'bytes that are no protobuf', onnx: Uint8Array.from([255, 255, 255]) },
    { fault: 'an empty file', onnx: new Uint8Array() },
    { fault: 'a PNG', onnx: Buffer.from('89504e470d0a1a0a', 'hex') },
    { fault: 'a half-precision input', onnx: graph([tensor('x', T.FLOAT16, [1])], [tensor('y', T.FLOAT, [1])]) },
    {
      fault: 'a sequence as output',
      onnx: graph([tensor('x', T.FLOAT, [1])], [{ name: 'y', type: { value: { case: 'sequenceType', value: {} } } }]),
    },
  ])('refuses $fault', ({ onnx }) => {
    expect(() => readSignature(onnx)).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }));
  });
});
