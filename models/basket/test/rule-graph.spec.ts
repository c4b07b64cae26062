import { describe, expect, it } from '@jest/globals';
import { fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { ModelProtoSchema } from '@vinaigrette/contracts/onnx';
import { readSignature } from '@vinaigrette/signature';
import { ModelSession } from '@vinaigrette/training';
import { answerOf } from '../src/domain/answers.js';
import { itemTensor } from '../src/domain/item-tensor.js';
import { compareStrength, type Rule } from '../src/domain/mine-rules.js';
import { recommend } from '../src/domain/recommend.js';
import { ruleGraph } from '../src/domain/rule-graph.js';

const rule = (antecedent: string[], consequent: string, confidence: number): Rule => ({
  antecedent,
  consequent,
  confidence,
  baskets: 1,
  support: 0.1,
  lift: 2,
  conviction: 1,
});

async function ask(rules: Rule[], baskets: (readonly string[])[]) {
  const session = await ModelSession.open(ruleGraph(rules, 'strict'));
  try {
    return await session.run({ items: itemTensor(baskets) });
  } finally {
    await session.close();
  }
}

/** What the plain rules say, with confidences as the graph holds them. */
const plain = (rules: Rule[], basket: readonly string[]) =>
  recommend(rules, basket).map((answer) => ({ ...answer, confidence: Math.fround(answer.confidence) }));

const shop = [rule(['milk'], 'sugar', 0.8), rule(['coffee', 'milk'], 'filters', 0.5), rule(['85123A'], 'tea', 0.25)];

describe('ruleGraph()', () => {
  it('declares the tensors of the contract', () => {
    expect(readSignature(ruleGraph(shop, 'strict'))).toMatchObject({
      inputs: [{ name: 'items', datatype: 'BYTES', shape: [-1, -1] }],
      outputs: [
        { name: 'skus', datatype: 'BYTES', shape: [-1, 6] },
        { name: 'confidence', datatype: 'FP32', shape: [-1, 6] },
        { name: 'rule', datatype: 'INT64', shape: [-1, 6] },
        { name: 'because', datatype: 'BYTES', shape: [-1, 6, 3] },
      ],
    });
  });

  it('has fifty places where there are more items, and as many reasons as the longest rule', () => {
    const many = Array.from({ length: 60 }, (_, item) => rule(['a', 'b', 'c', 'd'], `item${item}`, 0.5));
    const [skus, , , because] = readSignature(ruleGraph(many, 'raw')).outputs;
    expect([skus?.shape, because?.shape]).toEqual([
      [-1, 50],
      [-1, 50, 4],
    ]);
  });

  it('fills what is left with nothing', async () => {
    const { skus, confidence, rule, because } = await ask(shop, [['milk']]);
    expect(skus?.data).toEqual(['sugar', '', '', '', '', '']);
    expect(Array.from(confidence?.data as Float32Array)).toEqual([Math.fround(0.8), 0, 0, 0, 0, 0]);
    expect(Array.from(rule?.data as BigInt64Array, Number)).toEqual([0, -1, -1, -1, -1, -1]);
    expect(because?.data.slice(0, 4)).toEqual(['milk', '', '', '']);
  });

  it.each([
    { case: 'a code written small, under strict', basket: ['85123a'], skus: ['tea'] },
    { case: 'what is unknown', basket: ['caviar', 'milk'], skus: ['sugar'] },
    { case: 'padding in the middle', basket: ['', 'coffee', '', 'milk'], skus: ['sugar', 'filters'] },
    { case: 'repeats', basket: ['milk', 'milk', 'milk'], skus: ['sugar'] },
    { case: 'nothing', basket: [], skus: [] },
    { case: 'what it would recommend', basket: ['milk', 'sugar'], skus: [] },
  ])('takes $case', async ({ basket, skus }) => {
    const outputs = await ask(shop, [basket]);
    expect(answerOf(outputs, 0).map(({ sku }) => sku)).toEqual(skus);
  });

  it.each([
    { shape: [0, 3], rows: 0 },
    { shape: [0, 0], rows: 0 },
    { shape: [1, 0], rows: 1 },
    { shape: [3, 0], rows: 3 },
  ])('answers an empty tensor of shape $shape with $rows rows', async ({ shape, rows }) => {
    const session = await ModelSession.open(ruleGraph(shop, 'strict'));
    const outputs = await session.run({ items: { datatype: 'BYTES', shape, data: [] } });
    expect([outputs.skus?.shape, outputs.because?.shape]).toEqual([
      [rows, 6],
      [rows, 6, 3],
    ]);
    await session.close();
  });

  it('keeps texts of any script whole', async () => {
    const rules = [rule(['crème brûlée, 2×'], '砂糖', 0.5)];
    const outputs = await ask(rules, [['crème brûlée, 2×']]);
    expect(answerOf(outputs, 0)).toEqual(plain(rules, ['crème brûlée, 2×']));
  });

  it('reduces without ScatterND, whose threads overwrite each other in ONNX Runtime where targets repeat', () => {
    const { graph } = fromBinary(ModelProtoSchema, ruleGraph(shop, 'strict'));
    const operators = graph?.node.map(({ opType }) => opType);
    expect(operators).toContain('ScatterElements');
    expect(operators).not.toContain('ScatterND');
  });

  const skus = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', '7'];
  const anyRule = fc
    .tuple(
      fc
        .subarray(skus, { minLength: 2, maxLength: 6 })
        .chain((items) => fc.shuffledSubarray(items, { minLength: items.length })),
      fc.constantFrom(0.2, 0.5, 1),
      fc.constantFrom(1, 2),
    )
    .map(([[consequent = '', ...antecedent], confidence, lift]) => ({
      ...rule(antecedent.sort(), consequent, confidence),
      lift,
    }));
  const anyRules = fc
    .uniqueArray(anyRule, { minLength: 1, maxLength: 60, selector: (r) => `${r.antecedent.join()}>${r.consequent}` })
    .map((rules) => rules.sort(compareStrength));
  const anyBasket = fc.array(fc.constantFrom(...skus, 'unknown', ''), { maxLength: 12 });

  it('answers what the plain rules answer, ties included, whatever the batch', () =>
    fc.assert(
      fc.asyncProperty(anyRules, fc.array(anyBasket, { minLength: 1, maxLength: 9 }), async (rules, baskets) => {
        const outputs = await ask(rules, baskets);
        baskets.forEach((basket, row) => expect(answerOf(outputs, row)).toEqual(plain(rules, basket)));
      }),
      { numRuns: 60 },
    ));
});
