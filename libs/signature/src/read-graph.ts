import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  ModelProtoSchema,
  TensorProto_DataType,
  TypeProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '@vinaigrette/contracts/onnx';
import { Problem } from '@vinaigrette/problems';
import type { Datatype, Signature, TensorSpec } from './signature.js';

const datatypeOf: Partial<Record<TensorProto_DataType, Datatype>> = {
  [TensorProto_DataType.FLOAT]: 'FP32',
  [TensorProto_DataType.FLOAT16]: 'FP16',
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
/** TensorProto.data_location of values that are in another file. */
const EXTERNAL = 1;

/** A graph as it is served. */
export interface ServedGraph {
  signature: Signature;
  /** The model to load: the bytes given, or, where an output was no tensor, a graph whose outputs are. */
  model: Uint8Array;
  /** Files the model's weights are in, relative to its folder, each once. */
  externalFiles: string[];
}

/**
 * Reads an ONNX graph without running it. scikit-learn's class probabilities, a list of maps, become the tensor they
 * were made from, [N, classes], under the same name, its classes in `labels`.
 * Throws MODEL_INVALID when the bytes are no graph, use types that are no dense tensor, name a file that is not below
 * the model's own folder, or have both such maps and weights in files.
 */
export function readGraph(onnx: Uint8Array): ServedGraph {
  const parsed = parseModel(onnx);
  const { graph } = parsed;
  if (!graph || graph.node.length === 0) throw new Problem('MODEL_INVALID', 'The file holds no ONNX graph');
  const labels = withoutMaps(graph);
  const externalFiles = externalFilesOf(parsed);
  if (labels.size > 0 && externalFiles.length > 0) {
    // Such a graph can only be loaded from its file, where its maps still are.
    throw new Problem(
      'MODEL_INVALID',
      `${[...labels.keys()].join(', ')} is a map, and weights are in ${externalFiles.join(', ')}: export with zipmap off, or with the weights in the graph's own file`,
    );
  }
  return {
    signature: signatureOf(graph, labels),
    model: labels.size > 0 ? toBinary(ModelProtoSchema, parsed) : onnx,
    externalFiles,
  };
}

/**
 * What the ONNX graph itself declares, as `readGraph` makes it. `logged` becomes every input and every output of at most
 * two dimensions, lists cut to 100 values; a signature.json beside the model may say otherwise.
 */
export const readSignature = (onnx: Uint8Array): Signature => readGraph(onnx).signature;

/** Whether one row of the tensor holds several values: rank two or more, unless every further dimension is 1. */
export function isList(spec: TensorSpec): boolean {
  return spec.shape.slice(1).some((size) => size !== 1);
}

function signatureOf(graph: GraphProto, labels: ReadonlyMap<string, Labels>): Signature {
  // Exporters may list constants among the inputs too, as defaults: those have a value already, and the runtime's Node
  // binding drops, without a word, another one that is sent.
  const constants = new Set(graph.initializer.map((tensor) => tensor.name));
  const inputs = graph.input.filter(({ name }) => !constants.has(name)).map(specOf);
  const outputs = graph.output.map((value) => {
    const classes = labels.get(value.name);
    return { ...specOf(value), ...(classes ? { labels: classes } : {}) };
  });
  const logged = [...inputs, ...outputs.filter((output) => output.shape.length <= 2)].map((spec) =>
    isList(spec) ? { tensor: spec.name, first: LOGGED_VALUES_MAX } : { tensor: spec.name },
  );
  return { inputs, outputs, logged };
}

type Labels = (string | number)[];

/** Lets each ZipMap whose maps are an output pass its tensor through; answers with the classes by output. */
function withoutMaps(graph: GraphProto): Map<string, Labels> {
  const labels = new Map<string, Labels>();
  for (const node of graph.node) {
    const output = graph.output.find(({ name }) => name === node.output[0]);
    if (node.opType !== 'ZipMap' || node.domain !== 'ai.onnx.ml' || !output) continue;
    const classes = classesOf(node);
    output.type = create(TypeProtoSchema, {
      value: {
        case: 'tensorType',
        value: {
          elemType: TensorProto_DataType.FLOAT,
          shape: {
            dim: [
              { value: { case: 'dimParam', value: 'N' } },
              { value: { case: 'dimValue', value: BigInt(classes.length) } },
            ],
          },
        },
      },
    });
    Object.assign(node, { opType: 'Identity', domain: '', attribute: [] });
    labels.set(output.name, classes);
  }
  return labels;
}

function classesOf({ attribute }: NodeProto): Labels {
  const texts = attribute.find(({ name }) => name === 'classlabels_strings')?.strings ?? [];
  const numbers = attribute.find(({ name }) => name === 'classlabels_int64s')?.ints ?? [];
  return texts.length > 0 ? texts.map((text) => Buffer.from(text).toString()) : numbers.map(Number);
}

function externalFilesOf(model: ModelProto): string[] {
  const graphs = [
    model.graph,
    ...model.trainingInfo.flatMap(({ initialization, algorithm }) => [initialization, algorithm]),
  ];
  const tensors = [
    ...graphs.flatMap((graph) => (graph ? tensorsOfGraph(graph) : [])),
    ...model.functions.flatMap(({ node, attributeProto }) =>
      tensorsOfAttributes([...node.flatMap(({ attribute }) => attribute), ...attributeProto]),
    ),
  ];
  return [...new Set(tensors.filter(({ dataLocation }) => dataLocation === EXTERNAL).map(locationOf))];
}

function tensorsOfGraph({ initializer, sparseInitializer, node }: GraphProto): TensorProto[] {
  return [
    ...initializer,
    ...sparseInitializer.flatMap(({ values, indices }) => [values, indices].filter((part) => part !== undefined)),
    ...tensorsOfAttributes(node.flatMap(({ attribute }) => attribute)),
  ];
}

function tensorsOfAttributes(attributes: readonly NodeProto['attribute'][number][]): TensorProto[] {
  return attributes.flatMap(({ t, tensors, g, graphs, sparseTensor, sparseTensors }) => [
    ...[
      t,
      ...tensors,
      ...[sparseTensor, ...sparseTensors].flatMap((sparse) => [sparse?.values, sparse?.indices]),
    ].filter((tensor) => tensor !== undefined),
    ...[g, ...graphs].flatMap((graph) => (graph ? tensorsOfGraph(graph) : [])),
  ]);
}

/** Models are other people's: a path that could leave the folder is refused, whatever is there. */
function locationOf({ name, externalData }: TensorProto): string {
  const location = externalData.find(({ key }) => key === 'location')?.value ?? '';
  const steps = location.split(/[\\/]/);
  const leaves = steps.some((step) => step === '' || step === '..' || step.includes(':') || step.includes('\0'));
  if (leaves) {
    const shown = JSON.stringify(location.slice(0, 100));
    throw new Problem('MODEL_INVALID', `${name} has its values in ${shown}, which is no file below the model's folder`);
  }
  return location;
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
  return { name: value.name, datatype, shape, ...(tensor.shape ? {} : { anyRank: true as const }) };
}
