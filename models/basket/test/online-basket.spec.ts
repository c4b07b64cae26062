import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseBaseline } from '@vinaigrette/drift';
import type { Labelled } from '@vinaigrette/learning';
import { differenceFromGolden, parseGolden, parseSignature } from '@vinaigrette/signature';
import { ModelSession } from '@vinaigrette/training';
import { OnlineBasket } from '../src/online-basket.js';

const START_MS = Date.UTC(2026, 0, 1);
const purchase = (n: number, given: string[], bought: string[]): Labelled => ({
  predictionId: `0192d3a0-0000-7000-8000-${String(n).padStart(12, '0')}`,
  atMs: START_MS + n * 60_000,
  kind: 'purchased',
  skus: bought,
  inputs: { items: given },
});
/** Milk goes with sugar four times in five, else with tea; bread is bought alone. */
const purchases = Array.from({ length: 1_000 }, (_, n) =>
  n % 4 === 3 ? purchase(n, [], ['bread']) : purchase(n, ['milk'], n % 5 === 0 ? ['tea'] : ['sugar']),
);

let dir: string;
const learner = new OnlineBasket({ minBaskets: 20 });
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vinaigrette-online-basket-'));
  for (const one of purchases) learner.learn(one);
  await learner.writeVersion(join(dir, 'version'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));
const file = (name: string) => readFile(join(dir, 'version', name));
const json = async (name: string): Promise<unknown> => JSON.parse(await file(name).then(String));

describe('a version of what was learnt', () => {
  it('has the files of a trained one, and they agree', async () => {
    expect(parseSignature(await json('signature.json')).inputs.map(({ name }) => name)).toEqual(['items']);
    const session = await ModelSession.open(await file('model.onnx'));
    for (const { inputs, outputs } of parseGolden(await json('golden.json')).examples) {
      expect(differenceFromGolden(outputs, await session.run(inputs))).toBeUndefined();
    }
    await session.close();
    expect(parseBaseline(await json('baseline.json')).rows).toBeGreaterThan(500);
    expect(await json('best-sellers.json')).toMatchObject({
      skus: [{ sku: 'milk' }, { sku: 'sugar' }, { sku: 'bread' }, {}],
    });
  });

  it('knows the rule that was bought by', async () => {
    const { rules } = (await json('rules.json')) as {
      rules: { antecedent: string[]; consequent: string; confidence: number }[];
    };
    const rule = rules.find(({ antecedent, consequent }) => antecedent[0] === 'milk' && consequent === 'sugar');
    expect(rule?.confidence).toBeCloseTo(0.8, 1);
  });

  it('is judged on purchases that were never learnt', async () => {
    const judged = await learner.judge(await file('model.onnx'));
    const { learnt } = learner.figures();
    expect(learnt).toBeLessThan(950);
    expect(judged?.rows).toBeGreaterThan(40);
    expect(judged?.metrics).toMatchObject({ hitRateAt5: 1, answeredShare: 1 });
  });
});

describe('OnlineBasket', () => {
  it('goes on where it was saved', () => {
    const half = new OnlineBasket({ minBaskets: 20 });
    for (const one of purchases.slice(0, 500)) half.learn(one);
    const again = new OnlineBasket({ minBaskets: 20 }, JSON.parse(JSON.stringify(half.save())));
    for (const one of purchases.slice(500)) again.learn(one);
    expect(again.save()).toEqual(learner.save());
  });

  it.each([
    ['nothing was bought', purchase(1, ['milk'], []), 'unusable-label'],
    ['what was bought was in the basket already', purchase(1, ['milk'], ['milk']), 'unusable-label'],
    ['it is from long ago', { ...purchase(1, ['milk'], ['tea']), atMs: 0 }, 'too-old'],
  ])('learns nothing where %s', (_, labelled, why) => {
    const one = new OnlineBasket({ heldOutShare: 0 });
    one.learn(purchase(2, ['milk'], ['sugar']));
    expect(one.learn(labelled)).toBe(why);
    expect(one.figures()).toMatchObject({ learnt: 1 });
  });

  it('refuses what was weighed with another half-life, and to serve nothing', async () => {
    expect(() => new OnlineBasket({ halfLifeMs: 1 }, learner.save())).toThrow('halfLifeMs: 1, but');
    expect(() => new OnlineBasket({ minConfidence: 2 })).toThrow('minConfidence');
    expect(() => new OnlineBasket({ minConfidance: 0.2 } as object)).toThrow('minConfidance');
    await expect(new OnlineBasket().writeVersion(dir)).rejects.toThrow('No pair has');
  });
});
