import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataType, OnnxGraph } from '@vinaigrette/onnx-graph';
import { parseGolden, readSignature } from '@vinaigrette/signature';
import { goldenAnswers, ModelSession, writeVersionFiles } from '@vinaigrette/training';

const ROUNDS = 20;
const LEARNING_RATE = 0.3;
const numbers = ['age', 'bmi', 'children'] as const;
const texts = ['sex', 'smoker', 'region'] as const;

type Row = Record<(typeof numbers)[number] | 'charges', number> & { smoker: string };

/** One tree: `high` where the input is at least `cut`, else `low`. */
interface Stump {
  input: (typeof numbers)[number];
  cut: number;
  low: number;
  high: number;
}

/**
 * A version of the insurance model of another architecture: boosted trees, asked as the linear one in `linearDir` is.
 * It answers `charges` and nothing else.
 */
export async function boostedVersion(csv: string, linearDir: string, outDir: string): Promise<void> {
  const rows = rowsOf(await readFile(csv, 'utf8'));
  const sides = ['yes', 'no'].map((smoker) => boost(rows.filter((row) => row.smoker === smoker)));
  const onnx = graphOf(sides as [Stump[], Stump[]]);
  const { examples } = parseGolden(JSON.parse(await readFile(join(linearDir, 'golden.json'), 'utf8')));
  const session = await ModelSession.open(onnx);
  try {
    const inputs = examples.map((example) => example.inputs);
    const golden = await goldenAnswers(session, inputs, () => undefined);
    const logged = [...numbers, ...texts, 'charges'].map((tensor) => ({ tensor }));
    const signature = { ...readSignature(onnx), logged };
    await writeVersionFiles(outDir, { 'model.onnx': onnx, 'signature.json': signature, 'golden.json': golden });
  } finally {
    await session.close();
  }
}

function rowsOf(csv: string): Row[] {
  const [head = '', ...lines] = csv.trim().split(/\r?\n/);
  const names = head.split(',');
  return lines.map((line) => {
    const cells = Object.fromEntries(line.split(',').map((cell, at) => [names[at], cell]));
    const [age, bmi, children, charges] = [...numbers, 'charges'].map((name) => Number(cells[name]));
    return { age, bmi, children, charges, smoker: cells['smoker'] } as Row;
  });
}

/** Each stump takes what the ones before it left over; the first cut is below everybody, and so the mean. */
function boost(rows: readonly Row[]): Stump[] {
  const average = mean(rows.map(({ charges }) => charges));
  const left = rows.map(({ charges }) => charges - average);
  const stumps: Stump[] = [{ input: 'age', cut: 0, low: average, high: average }];
  for (let round = 0; round < ROUNDS; round++) {
    const best = bestStump(rows, left);
    rows.forEach((row, at) => (left[at] = (left[at] as number) - (row[best.input] < best.cut ? best.low : best.high)));
    stumps.push(best);
  }
  return stumps;
}

function bestStump(rows: readonly Row[], left: readonly number[]): Stump {
  const stumps = numbers.flatMap((input) => {
    const sorted = rows.map((row) => row[input]).sort((a, b) => a - b);
    const cuts = new Set(Array.from({ length: 9 }, (_, at) => sorted[Math.floor(((at + 1) * rows.length) / 10)]));
    return [...cuts].map((cut = 0) => {
      const high = left.filter((_, at) => (rows[at] as Row)[input] >= cut);
      const low = left.filter((_, at) => (rows[at] as Row)[input] < cut);
      const gain = low.length * mean(low) ** 2 + high.length * mean(high) ** 2;
      return { gain, stump: { input, cut, low: LEARNING_RATE * mean(low), high: LEARNING_RATE * mean(high) } };
    });
  });
  return stumps.reduce((a, b) => (b.gain > a.gain ? b : a)).stump;
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** The trees of smokers and of others: every cut a comparison, every leaf a constant, the leaves added. */
function graphOf([smokers, others]: [Stump[], Stump[]]): Uint8Array {
  const graph = new OnnxGraph('insurance', 'Quotes yearly medical charges with boosted trees');
  for (const name of numbers) graph.input(name, DataType.FLOAT, ['batch', 1]);
  for (const name of texts) graph.input(name, DataType.STRING, ['batch', 1]);
  let constants = 0;
  const constant = (value: number) => graph.floats(`c${constants++}`, [], [value]);
  const sumOf = (stumps: readonly Stump[]) =>
    graph.node(
      'Sum',
      stumps.map(({ input, cut, low, high }) =>
        graph.node('Where', [graph.node('GreaterOrEqual', [input, constant(cut)]), constant(high), constant(low)]),
      ),
    );
  const attributes = { keys_strings: ['yes'], values_int64s: [1n], default_int64: 0 };
  const place = graph.node('LabelEncoder', ['smoker'], attributes);
  const smokes = graph.node('Equal', [place, graph.integers('one', [], [1])]);
  graph.node('Where', [smokes, sumOf(smokers), sumOf(others)], {}, 'charges');
  graph.output('charges', DataType.FLOAT, ['batch', 1]);
  return graph.toBytes();
}
