import { beforeAll, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { describeWith } from '../../../tools/real-part.mjs';
import { tensorOf } from '@vinaigrette/signature';
import { ModelSession } from '@vinaigrette/training';
import { holdBack } from '../src/domain/hold-back.js';
import { ruleGraph } from '../src/domain/rule-graph.js';
import { speakingRules } from '../src/domain/speaking-rules.js';
import {
  answerOf,
  bestSellersOf,
  itemTensor,
  mineItemsets,
  mineRules,
  readSales,
  recommend,
  type Basket,
  type Baskets,
  type CleaningReport,
  type Policy,
} from '../src/index.js';

const dataPath = (...parts: string[]) => join(process.env.DATA_DIR ?? '', ...parts);
const groceries = () =>
  ({ input: dataPath('groceries', 'groceries.csv'), format: 'basket-lines', policy: 'raw' }) as const;
const onlineRetail = (policy: Policy) =>
  ({
    input: dataPath('online-retail', 'online_retail_2010-12_2011-08.csv.gz'),
    format: 'online-retail',
    policy,
  }) as const;

describeWith('real data', 'DATA_DIR', 'groceries', () => {
  let baskets: Baskets;
  let report: CleaningReport;
  beforeAll(async () => {
    ({ baskets, report } = await readSales(groceries()));
  });

  it('has the baskets and best sellers that are known of it', () => {
    expect(report).toMatchObject({ baskets: 9_835, distinctSkus: 169, kept: 43_367, repeats: 0 });
    expect(bestSellersOf(baskets).slice(0, 5)).toEqual([
      { sku: 'whole milk', baskets: 2_513 },
      { sku: 'other vegetables', baskets: 1_903 },
      { sku: 'rolls/buns', baskets: 1_809 },
      { sku: 'soda', baskets: 1_715 },
      { sku: 'yogurt', baskets: 1_372 },
    ]);
  });

  it.each([
    { minSupport: 0.05, itemsets: 31, sizes: [28, 3] },
    { minSupport: 0.01, itemsets: 333, sizes: [88, 213, 32] },
    { minSupport: 0.006, itemsets: 747, sizes: [109, 478, 156, 4] },
    { minSupport: 0.001, itemsets: 13_492, sizes: [157, 2_981, 6_831, 3_137, 376, 10] },
  ])('has $itemsets itemsets at support $minSupport', ({ minSupport, itemsets, sizes }) => {
    const mined = mineItemsets(baskets, { minSupport });
    expect(mined.size).toBe(itemsets);
    expect(mined.sizes()).toEqual(sizes);
  });

  it.each([
    { minSupport: 0.001, minConfidence: 0.8, rules: 410 },
    { minSupport: 0.006, minConfidence: 0.25, rules: 463 },
    { minSupport: 0.01, minConfidence: 0.5, rules: 15 },
    { minSupport: 0.01, minConfidence: 0.25, rules: 170 },
  ])(
    'has $rules rules at support $minSupport and confidence $minConfidence',
    ({ minSupport, minConfidence, rules }) => {
      expect(mineRules(mineItemsets(baskets, { minSupport }), minConfidence)).toHaveLength(rules);
    },
  );

  it('has 410 rules that ask for 2, 3, 4 and 5 items', () => {
    const rules = mineRules(mineItemsets(baskets, { minSupport: 0.001 }), 0.8);
    const asking = (items: number) => rules.filter(({ antecedent }) => antecedent.length === items).length;
    expect([2, 3, 4, 5].map(asking)).toEqual([29, 229, 140, 12]);
  });

  it('has root vegetables -> other vegetables at confidence 0.4347 and lift 2.2466', () => {
    const rule = mineRules(mineItemsets(baskets, { minSupport: 0.01 }), 0.25).find(
      ({ antecedent, consequent }) => antecedent.join() === 'root vegetables' && consequent === 'other vegetables',
    );
    expect(rule?.confidence).toBeCloseTo(0.4347, 4);
    expect(rule?.lift).toBeCloseTo(2.2466, 4);
  });

  it('gets the same answers from the graph as from the plain rules, for every held-back basket', async () => {
    const { train, heldBack } = holdBack(baskets, 0.2);
    expect(heldBack).toHaveLength(1_967);
    const rules = speakingRules(mineRules(mineItemsets(train, { minSupport: 0.002 }), 0.2));
    expect(await disagreements(rules, [...heldBack], 'raw')).toEqual([]);
  });
});

describeWith('real data', 'DATA_DIR', 'online-retail', () => {
  let baskets: Baskets;
  let report: CleaningReport;
  beforeAll(async () => {
    ({ baskets, report } = await readSales(onlineRetail('strict')));
  });

  it('has the baskets and best sellers that are known of it, when raw', async () => {
    const { baskets, report } = await readSales(onlineRetail('raw'));
    expect(report).toMatchObject({ lines: 320_705, baskets: 12_980 });
    expect(report.found.cancellation).toMatchObject({ lines: 5_847, dropped: true });
    // 6,772 lines have a negative quantity: all of the cancelled ones, and these.
    expect(report.found.returned).toMatchObject({ lines: 6_772 - 5_847, dropped: true });
    expect(report.found.adjustment).toMatchObject({ lines: 3, dropped: false });
    expect(bestSellersOf(baskets).slice(0, 5)).toEqual([
      { sku: '85123A', baskets: 1_559 },
      { sku: '22423', baskets: 1_410 },
      { sku: '85099B', baskets: 1_385 },
      { sku: '47566', baskets: 1_329 },
      { sku: '20725', baskets: 1_087 },
    ]);
  });

  it('loses nothing but what is no paid good, when strict', () => {
    const dropped = Object.values(report.found).reduce((sum, { lines }) => sum + lines, 0);
    expect(dropped + report.repeats + report.kept).toBe(320_705);
    expect(report).toMatchObject({ baskets: 12_383, distinctSkus: 3_522, kept: 306_749 });
    const skus = new Set(baskets.soldSkus());
    expect(['POST', 'DOT', 'M', 'C2', 'D', 'S', 'B', 'BANK CHARGES', '15056bl'].filter((sku) => skus.has(sku))).toEqual(
      [],
    );
  });

  it('reads January to June 2011, and July after it', async () => {
    const halfYear = await readSales({ ...onlineRetail('strict'), from: '2011-01-01', to: '2011-07-01' });
    const july = await readSales({ ...onlineRetail('strict'), from: '2011-07-01', to: '2011-08-01' });
    const monthLines = [35_147, 27_707, 36_748, 29_916, 37_030, 36_874];
    const inside = ({ report }: { report: CleaningReport }) => report.lines - report.outsideWindow;
    expect(inside(halfYear)).toBe(monthLines.reduce((sum, lines) => sum + lines, 0));
    expect(inside(july)).toBe(39_518);
  });

  it('gets the same answers from the graph as from the plain rules, for every held-back basket', async () => {
    const { train, heldBack } = holdBack(baskets, 0.2);
    expect(heldBack.length).toBeGreaterThan(2_400);
    const rules = speakingRules(mineRules(mineItemsets(train, { minSupport: 0.008 }), 0.3));
    expect(rules.length).toBeGreaterThan(2_000);
    expect(await disagreements(rules, [...heldBack], 'strict')).toEqual([]);
  });
});

/** The baskets on which graph and plain rules differ: in items, confidences, rules or reasons, or their order. */
async function disagreements(rules: Parameters<typeof recommend>[0], baskets: readonly Basket[], policy: Policy) {
  const session = await ModelSession.open(ruleGraph(rules, policy));
  const different: string[] = [];
  for (let first = 0; first < baskets.length; first += 50) {
    const batch = baskets.slice(first, first + 50);
    const { shape, data } = itemTensor(batch.map(({ skus }) => skus));
    const asked = JSON.parse(JSON.stringify(data)) as string[]; // as a request brings them
    const outputs = await session.run({ items: tensorOf('BYTES', [...shape], asked) });
    batch.forEach(({ id, skus }, row) => {
      const plain = recommend(rules, skus).map((answer) => ({ ...answer, confidence: Math.fround(answer.confidence) }));
      if (JSON.stringify(answerOf(outputs, row)) !== JSON.stringify(plain)) different.push(id);
    });
  }
  await session.close();
  return different;
}
