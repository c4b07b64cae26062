import { DataType, OnnxGraph } from '@vinaigrette/onnx-graph';
import { categories, inputNames, numericInputs, textInputs, type Imputation, type InputName } from './insured.js';
import type { LinearModel } from './linear-model.js';
import { OBESE_BMI, terms } from './terms.js';

/** FLOAT, as Cast numbers its targets. */
const TO_FLOAT = 1;

/**
 * The whole way from a form to a quote: unknown values replaced, texts one-hot, body-mass index binned, terms scaled,
 * weighed and added.
 *
 * In: `age`, `bmi`, `children` float32 [B, 1], NaN where unknown; `sex`, `smoker`, `region` string [B, 1], any other word
 * than those known counts as unknown. Out: `charges` float32 [B, 1], USD a year; `contributions` float32 [B, 6], what
 * age, bmi, children, sex, smoker and region add to or take from the base; `base` float32 [B, 1], the average charge.
 */
export function insuranceGraph(imputation: Imputation, model: LinearModel): Uint8Array {
  const graph = new OnnxGraph('insurance', 'Quotes yearly medical charges, and says what each input contributes');
  const number = Object.fromEntries(
    numericInputs.map((name) => {
      const given = graph.input(name, DataType.FLOAT, ['batch', 1]);
      const unknown = graph.floats(`${name}Unknown`, [], [imputation[name]]);
      return [name, graph.node('Where', [graph.node('IsNaN', [given]), unknown, given])];
    }),
  );
  const place = Object.fromEntries(
    textInputs.map((name) => {
      const known: readonly string[] = categories[name];
      const given = graph.input(name, DataType.STRING, ['batch', 1]);
      const attributes = {
        keys_strings: known,
        values_int64s: known.map((_, at) => BigInt(at)),
        default_int64: known.indexOf(imputation[name]),
      };
      return [name, graph.node('LabelEncoder', [given], attributes)];
    }),
  );
  const asNumber = (condition: string): string => graph.node('Cast', [condition], { to: TO_FLOAT });
  const oneHot = (name: keyof typeof categories, category: string): string => {
    const at = (categories[name] as readonly string[]).indexOf(category);
    return asNumber(graph.node('Equal', [place[name] as string, graph.integers(`${name}Is${category}`, [], [at])]));
  };
  const [age, bmi, children] = numericInputs.map((name) => number[name]) as [string, string, string];
  const smoker = oneHot('smoker', 'yes');
  const obese = asNumber(graph.node('GreaterOrEqual', [bmi, graph.floats('obeseBmi', [], [OBESE_BMI])]));
  const column: Record<string, string> = {
    age,
    male: oneHot('sex', 'male'),
    bmi,
    children,
    smoker,
    northwest: oneHot('region', 'northwest'),
    southeast: oneHot('region', 'southeast'),
    southwest: oneHot('region', 'southwest'),
    'age squared': graph.node('Mul', [age, age]),
    'smoker x bmi': graph.node('Mul', [smoker, bmi]),
    'smoker x obese': graph.node('Mul', [smoker, obese]),
  };
  const joined = graph.node(
    'Concat',
    terms.map(({ name }) => column[name] as string),
    { axis: 1 },
  ); // [B, T]
  const centred = graph.node('Sub', [joined, graph.floats('means', [terms.length], model.means)]);
  const scaled = graph.node('Div', [centred, graph.floats('scales', [terms.length], model.scales)]);
  const weighed = graph.node('Mul', [scaled, graph.floats('weights', [terms.length], model.weights)]);
  const told = graph.floats(
    'toldUnder',
    [terms.length, inputNames.length],
    terms.flatMap(({ input }) => row(input)),
  );
  const contributions = graph.node('MatMul', [weighed, told], {}, 'contributions'); // [B, I]
  const sum = graph.node('ReduceSum', [contributions, graph.integers('inputs', [1], [1])], { keepdims: 1 });
  const base = graph.floats('average', [1, 1], [model.base]);
  graph.node('Add', [sum, base], {}, 'charges');
  graph.node('Add', [graph.node('Mul', [sum, graph.floats('zero', [], [0])]), base], {}, 'base');
  graph.output('charges', DataType.FLOAT, ['batch', 1]);
  graph.output('contributions', DataType.FLOAT, ['batch', inputNames.length]);
  graph.output('base', DataType.FLOAT, ['batch', 1]);
  return graph.toBytes();
}

const row = (input: InputName): number[] => inputNames.map((name) => Number(name === input));
