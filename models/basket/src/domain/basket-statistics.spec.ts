import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Decay } from '@vinaigrette/learning';
import { BasketStatistics, type SavedStatistics, type StatisticsLimits } from './basket-statistics.js';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 1);
const decay = new Decay(7 * DAY_MS);
const ample: StatisticsLimits = { itemsMax: 1_000, pairsMax: 100_000, basketItemsMax: 100 };
const anyRule = { minBaskets: 1e-6, minSupport: 1e-9, minConfidence: 1e-9, maxRules: 1e6 };

type Purchase = [skus: string[], atMs: number];
const purchase = fc.tuple(
  fc.uniqueArray(fc.constantFrom('milk', 'sugar', 'tea', 'honey', 'bread'), { minLength: 1 }),
  fc.integer({ min: START_MS, max: START_MS + 100 * DAY_MS }),
);

function learnt(purchases: readonly Purchase[], limits = ample, saved?: SavedStatistics): BasketStatistics {
  const statistics = new BasketStatistics(decay, limits, saved);
  for (const [skus, atMs] of purchases) statistics.learn(skus, atMs);
  return statistics;
}

/** The counts by name, bits and all, whatever place each has. */
function canonical({ skus, itemWeights, pairKeys, pairWeights, ...rest }: SavedStatistics) {
  const doubles = (text: string) => [...new Float64Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer)];
  const [keys, weights] = [doubles(pairKeys), doubles(pairWeights)];
  const names = (key: number) => [skus[Math.floor(key / 2 ** 24)], skus[key % 2 ** 24]].sort().join(' ');
  return {
    ...rest,
    items: Object.fromEntries(doubles(itemWeights).map((weight, place) => [skus[place], weight])),
    pairs: Object.fromEntries(keys.map((key, place) => [names(key), weights[place]])),
  };
}

describe('BasketStatistics', () => {
  it('is the same in every order, saved and restored anywhere, and as sums made at once: bit for bit', () => {
    fc.assert(
      fc.property(fc.array(purchase, { minLength: 1, maxLength: 100 }), fc.nat(100), (purchases, cut) => {
        const once = canonical(learnt(purchases).save());
        const first = learnt(purchases.slice(0, cut)).save();
        const restored = learnt(purchases.slice(cut), ample, JSON.parse(JSON.stringify(first)) as SavedStatistics);
        expect(canonical(restored.save())).toEqual(once);
        expect(canonical(learnt([...purchases].reverse()).save())).toEqual(once);
        const newest = Math.max(...purchases.map(([, atMs]) => atMs));
        const weights = purchases.map(([skus, atMs]) => [skus, decay.weight(atMs, decay.eraOf(newest))] as const);
        for (const [sku, weight] of Object.entries(once.items)) {
          expect(weight).toBe(
            weights.reduce((sum, [skus, each]) => sum + ((skus as readonly string[]).includes(sku) ? each : 0), 0),
          );
        }
      }),
    );
  });

  it('turns counts into rules as the miner does, when nothing was forgotten', () => {
    const now = START_MS;
    const rules = learnt([
      [['milk', 'sugar'], now],
      [['milk', 'sugar', 'tea'], now],
      [['milk'], now],
      [['tea'], now],
    ]).rules({ ...anyRule, minConfidence: 0.6 });
    expect(rules).toEqual([
      {
        antecedent: ['sugar'],
        consequent: 'milk',
        baskets: 2,
        support: 0.5,
        confidence: 1,
        lift: 4 / 3,
        conviction: Infinity,
      },
      {
        antecedent: ['milk'],
        consequent: 'sugar',
        baskets: 2,
        support: 0.5,
        confidence: 2 / 3,
        lift: 4 / 3,
        conviction: expect.closeTo(1.5),
      },
    ]);
  });

  it('has a rule from one purchase on', () => {
    expect(learnt([[['milk', 'sugar'], START_MS]]).rules(anyRule)).toHaveLength(2);
  });

  it.each([
    { halfLives: 0.5, old: 0.71, new: 0.29 },
    { halfLives: 1, old: 0.5, new: 0.5 },
    { halfLives: 2, old: 0.25, new: 0.75 },
    { halfLives: 4, old: 0.0625, new: 0.9375 },
  ])('$halfLives half-lives after a change of habit believes the old one to $old, the new to $new', (expected) => {
    const habit = (goes: string, from: number, to: number): Purchase[] =>
      Array.from({ length: 200 * (to - from) }, (_, n) => [['milk', goes], START_MS + (from + n / 200) * 7 * DAY_MS]);
    const statistics = learnt([...habit('sugar', 0, 20), ...habit('honey', 20, 20 + expected.halfLives)]);
    const confidence = (sku: string) =>
      statistics.rules(anyRule).find(({ antecedent, consequent }) => antecedent[0] === 'milk' && consequent === sku)
        ?.confidence;
    expect(confidence('sugar')).toBeCloseTo(expected.old, 1.9);
    expect(confidence('honey')).toBeCloseTo(expected.new, 1.9);
  });

  it('holds no more than its limits: the lightest go, and are counted', () => {
    const often: Purchase[] = Array.from({ length: 50 }, (_, n) => [['milk', 'sugar'], START_MS + n]);
    const once: Purchase[] = Array.from({ length: 400 }, (_, n) => [[`x${n}`, `y${n}`], START_MS + 100 + n]);
    const statistics = learnt([...often, ...once], { itemsMax: 40, pairsMax: 16, basketItemsMax: 100 });
    const { items, pairs, evictedItems, evictedPairs } = statistics.figures();
    expect(items).toBeLessThanOrEqual(40);
    expect(pairs).toBeLessThanOrEqual(16);
    expect([items + evictedItems, pairs + evictedPairs]).toEqual([802, 401]);
    expect(statistics.rules({ ...anyRule, minBaskets: 40 })).toHaveLength(2);
    expect(statistics.bestSellers(2).map(({ sku }) => sku)).toEqual(['milk', 'sugar']);
  });

  it('counts the first SKUs of a giant basket, and nothing of one from long ago', () => {
    const giant = Array.from({ length: 300 }, (_, n) => `sku${n}`);
    const statistics = learnt([[giant, START_MS]], { ...ample, basketItemsMax: 10 });
    expect(statistics.figures()).toMatchObject({ items: 10, pairs: 45 });
    expect(statistics.learn(['milk'], START_MS - 31 * 7 * DAY_MS)).toBe(false);
    expect(statistics.figures()).toMatchObject({ items: 10, baskets: 1 });
  });

  it('goes on from one era to the next', () => {
    const later = START_MS + 300 * 7 * DAY_MS;
    const statistics = learnt([
      [['milk'], START_MS],
      [['sugar'], later],
    ]);
    expect(statistics.figures().baskets).toBe(1);
    expect(statistics.bestSellers(1)).toEqual([{ sku: 'sugar', baskets: 1 }]);
  });
});
