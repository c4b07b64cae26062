/** The two models that are measured, made of seeded random numbers: their answers mean nothing, their cost is real. */
import { create, toBinary } from '@bufbuild/protobuf';
import ort from 'onnxruntime-node';
import { AttributeProto_AttributeType as Type, ModelProtoSchema } from '@vinaigrette/contracts/onnx';
import { floats, integers, value } from '../../../services/model-server/dist/test/tiny-models.js';

const TREES = 100;
const DEPTH = 6;
const ITEMS = 5_000;
const FACTORS = 64;
const NEIGHBOURS = 10;
const WORDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const GOLDEN = 64;

/** Gradient-boosted trees over three texts and three numbers. */
export async function tabular() {
  const random = seeded(1);
  const nodes = { trees: [], ids: [], features: [], values: [], modes: [], yes: [], no: [] };
  const leaves = { trees: [], nodes: [], targets: [], weights: [] };
  const inner = 2 ** DEPTH - 1;
  for (let tree = 0; tree < TREES; tree++) {
    for (let id = 0; id < 2 * inner + 1; id++) {
      const leaf = id >= inner;
      nodes.trees.push(tree);
      nodes.ids.push(id);
      nodes.features.push(leaf ? 0 : Math.floor(random() * 6));
      nodes.values.push(leaf ? 0 : random() * WORDS.length);
      nodes.modes.push(leaf ? 'LEAF' : 'BRANCH_LEQ');
      nodes.yes.push(leaf ? 0 : 2 * id + 1);
      nodes.no.push(leaf ? 0 : 2 * id + 2);
      if (!leaf) continue;
      leaves.trees.push(tree);
      leaves.nodes.push(id);
      leaves.targets.push(0);
      leaves.weights.push(random() - 0.5);
    }
  }
  const graph = {
    node: [
      ml(
        'LabelEncoder',
        ['words'],
        ['codes'],
        [
          strings('keys_strings', WORDS),
          reals(
            'values_floats',
            WORDS.map((_, index) => index),
          ),
        ],
      ),
      { opType: 'Concat', input: ['numbers', 'codes'], output: ['row'], attribute: [whole('axis', 1)] },
      ml(
        'TreeEnsembleRegressor',
        ['row'],
        ['score'],
        [
          whole('n_targets', 1),
          wholes('nodes_treeids', nodes.trees),
          wholes('nodes_nodeids', nodes.ids),
          wholes('nodes_featureids', nodes.features),
          reals('nodes_values', nodes.values),
          strings('nodes_modes', nodes.modes),
          wholes('nodes_truenodeids', nodes.yes),
          wholes('nodes_falsenodeids', nodes.no),
          wholes('target_treeids', leaves.trees),
          wholes('target_nodeids', leaves.nodes),
          wholes('target_ids', leaves.targets),
          reals('target_weights', leaves.weights),
        ],
      ),
    ],
    input: [value('words', 'BYTES', ['B', 3]), value('numbers', 'FP32', ['B', 3])],
    output: [value('score', 'FP32', ['B', 1])],
  };
  const row = () => ({
    words: { datatype: 'BYTES', shape: [1, 3], data: [0, 1, 2].map(() => WORDS[Math.floor(random() * WORDS.length)]) },
    numbers: { datatype: 'FP32', shape: [1, 3], data: [0, 1, 2].map(() => Math.fround(random() * WORDS.length)) },
  });
  return finished(graph, row);
}

/** The items whose factors fit a customer's best. */
export async function recommender() {
  const random = seeded(2);
  const factors = Array.from({ length: FACTORS * ITEMS }, () => random() - 0.5);
  const graph = {
    node: [
      { opType: 'MatMul', input: ['customer', 'items'], output: ['scores'] },
      { opType: 'TopK', input: ['scores', 'k'], output: ['best', 'item'] },
    ],
    input: [value('customer', 'FP32', ['B', FACTORS])],
    output: [value('best', 'FP32', ['B', NEIGHBOURS]), value('item', 'INT64', ['B', NEIGHBOURS])],
    initializer: [floats('items', [FACTORS, ITEMS], factors), integers('k', [1], [NEIGHBOURS])],
  };
  const row = () => ({
    customer: { datatype: 'FP32', shape: [1, FACTORS], data: Array.from({ length: FACTORS }, () => Math.fround(random() - 0.5)) }, // prettier-ignore
  });
  return finished(graph, row);
}

/** The graph, golden answers of ONNX Runtime itself, and how long one run takes it in this process. */
async function finished(graph, row) {
  const opsetImport = [
    { domain: '', version: 17n },
    { domain: 'ai.onnx.ml', version: 3n },
  ];
  const model = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 8n, opsetImport, graph: { name: 'benchmark', ...graph } }),
  );
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const examples = [];
  for (let index = 0; index < GOLDEN; index++) {
    const inputs = row();
    examples.push({ inputs, outputs: golden(await session.run(feeds(inputs))) });
  }
  const [{ inputs }] = examples;
  const times = [];
  for (let index = 0; index < 500; index++) {
    const startedMs = performance.now();
    await session.run(feeds(inputs));
    times.push(performance.now() - startedMs);
  }
  return { model, golden: { examples }, inputs, runMs: times.sort((a, b) => a - b)[250] };
}

function feeds(inputs) {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { datatype, shape, data }]) => [
      name,
      datatype === 'BYTES' ? new ort.Tensor('string', data, shape) : new ort.Tensor('float32', Float32Array.from(data), shape), // prettier-ignore
    ]),
  );
}

function golden(outputs) {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { type, dims, data }]) => [
      name,
      { datatype: type === 'int64' ? 'INT64' : 'FP32', shape: dims, data: Array.from(data, Number) },
    ]),
  );
}

const ml = (opType, input, output, attribute) => ({ opType, domain: 'ai.onnx.ml', input, output, attribute });
const whole = (name, i) => ({ name, type: Type.INT, i: BigInt(i) });
const wholes = (name, ints) => ({ name, type: Type.INTS, ints: ints.map(BigInt) });
const reals = (name, floats) => ({ name, type: Type.FLOATS, floats });
const strings = (name, texts) => ({ name, type: Type.STRINGS, strings: texts.map((text) => Buffer.from(text)) });

function seeded(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}
