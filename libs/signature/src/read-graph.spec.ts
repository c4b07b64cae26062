import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import {
  ModelProtoSchema,
  TensorProto_DataType as T,
  type AttributeProtoSchema,
  type ValueInfoProtoSchema,
} from '@vinaigrette/contracts/onnx';
import { readGraph, readSignature } from './index.js';

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
    { fault: 'a bfloat16 input', onnx: graph([tensor('x', T.BFLOAT16, [1])], [tensor('y', T.FLOAT, [1])]) },
    {
      fault: 'a sequence as output',
      onnx: graph([tensor('x', T.FLOAT, [1])], [{ name: 'y', type: { value: { case: 'sequenceType', value: {} } } }]),
    },
  ])('refuses $fault', ({ onnx }) => {
    expect(() => readSignature(onnx)).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }));
  });
});

describe('readGraph()', () => {
  const scores = { name: 'scores', type: { value: { case: 'sequenceType' as const, value: {} } } };
  const zipMap = (attribute: MessageInitShape<typeof AttributeProtoSchema>[]) =>
    toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        graph: {
          node: [{ opType: 'ZipMap', domain: 'ai.onnx.ml', input: ['x'], output: ['scores'], attribute }],
          input: [tensor('x', T.FLOAT, ['N', 2])],
          output: [scores],
        },
      }),
    );

  it.each([
    {
      classes: 'texts',
      attribute: { name: 'classlabels_strings', strings: [Buffer.from('no'), Buffer.from('yes')] },
      labels: ['no', 'yes'],
    },
    { classes: 'numbers', attribute: { name: 'classlabels_int64s', ints: [7n, 9n] }, labels: [7, 9] },
  ])('turns maps by $classes into the tensor they were made from', ({ attribute, labels }) => {
    const { model, signature } = readGraph(zipMap([attribute]));
    expect(signature.outputs).toEqual([{ name: 'scores', datatype: 'FP32', shape: [-1, 2], labels }]);
    const again = readGraph(model);
    expect(again.signature.outputs).toEqual([{ name: 'scores', datatype: 'FP32', shape: [-1, 2] }]);
    expect(again.model).toBe(model);
  });

  it.each([3n, 8n])('leaves a constant among the inputs out, in version %s of the format', (irVersion) => {
    const init = {
      graph: {
        node: [{ opType: 'Add' }],
        input: [tensor('x', T.FLOAT, []), tensor('b', T.FLOAT, [])],
        output: [tensor('y', T.FLOAT, [])],
        initializer: [{ name: 'b' }],
      },
    };
    const onnx = toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion, ...init }));
    expect(readSignature(onnx).inputs).toEqual([{ name: 'x', datatype: 'FP32', shape: [] }]);
  });

  it('says that a tensor may have any rank where the graph says nothing', () => {
    const onnx = graph(
      [{ name: 'x', type: { value: { case: 'tensorType', value: { elemType: T.FLOAT } } } }],
      [tensor('y', T.FLOAT, [])],
    );
    expect(readSignature(onnx).inputs).toEqual([{ name: 'x', datatype: 'FP32', shape: [], anyRank: true }]);
  });

  const external = (location: string) => ({
    name: 'w',
    dataLocation: 1,
    externalData: [{ key: 'location', value: location }],
  });
  const places = {
    'a constant': (w: object) => ({ graph: { node: [{}], initializer: [w] } }),
    'a sparse constant': (w: object) => ({ graph: { node: [{}], sparseInitializer: [{ values: w }] } }),
    'an attribute': (w: object) => ({ graph: { node: [{ attribute: [{ t: w }] }] } }),
    'a branch': (w: object) => ({ graph: { node: [{ attribute: [{ g: { initializer: [w] } }] }] } }),
    'a function': (w: object) => ({
      graph: { node: [{}] },
      functions: [{ node: [{ attribute: [{ tensors: [w] }] }] }],
    }),
    'a training step': (w: object) => ({ graph: { node: [{}] }, trainingInfo: [{ algorithm: { initializer: [w] } }] }),
  };
  const read = (model: object) => readGraph(toBinary(ModelProtoSchema, create(ModelProtoSchema, model)));

  it.each(Object.entries(places))('names the file in which %s has its values', (_, model) => {
    expect(read(model(external('weights/model.onnx.data'))).externalFiles).toEqual(['weights/model.onnx.data']);
  });

  it('refuses weights in a file together with maps, which that file would bring back', () => {
    const scores = { name: 'scores' };
    const node = [{ opType: 'ZipMap', domain: 'ai.onnx.ml', input: ['x'], output: ['scores'] }];
    const load = () => read({ graph: { node, output: [scores], initializer: [external('w.bin')] } });
    expect(load).toThrow(/scores is a map, and weights are in w\.bin/);
    expect(load).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }));
  });

  it.each(['../w', '/etc/passwd', 'a/../../w', '', '..\\w', 'C:\\w', 'a//b', 'file:///w', 'a\0b'])(
    'refuses a file at %j, wherever it is named',
    (location) => {
      for (const model of Object.values(places)) {
        expect(() => read(model(external(location)))).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }));
      }
    },
  );
});
