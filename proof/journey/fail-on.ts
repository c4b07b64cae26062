import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
} from '@vinaigrette/contracts/onnx';

type Node = MessageInitShape<typeof NodeProtoSchema>;

/**
 * Changes the graph of a basket model's version so that it answers as before, and fails on each basket with that SKU: it
 * gathers from a single place, and the SKU is sent to the second.
 */
export async function failOn(sku: string, versionDir: string): Promise<void> {
  const file = join(versionDir, 'model.onnx');
  const model = fromBinary(ModelProtoSchema, await readFile(file));
  const { graph } = model;
  if (!graph) throw new Error(`${file} has no graph`);
  const [trained, answered] = ['confidence_as_trained', 'confidence'];
  const renamed = (name: string) => (name === answered ? trained : name);
  for (const node of graph.node) [node.input, node.output] = [node.input.map(renamed), node.output.map(renamed)];
  graph.initializer.push(
    create(TensorProtoSchema, { name: 'one_place', dims: [1n], dataType: DataType.FLOAT, floatData: [0] }),
  );
  const nodes: Node[] = [
    {
      opType: 'LabelEncoder',
      domain: 'ai.onnx.ml',
      input: ['items'],
      output: ['place'],
      attribute: [
        { name: 'keys_strings', type: AttributeType.STRINGS, strings: [new TextEncoder().encode(sku)] },
        { name: 'values_int64s', type: AttributeType.INTS, ints: [1n] },
        { name: 'default_int64', type: AttributeType.INT, i: 0n },
      ],
    },
    { opType: 'Gather', input: ['one_place', 'place'], output: ['zeros'] },
    {
      opType: 'ReduceSum',
      input: ['zeros'],
      output: ['zero'],
      attribute: [{ name: 'keepdims', type: AttributeType.INT, i: 0n }],
    },
    { opType: 'Add', input: [trained, 'zero'], output: [answered] },
  ];
  graph.node.push(...nodes.map((node) => create(NodeProtoSchema, node)));
  await writeFile(file, toBinary(ModelProtoSchema, model));
}
