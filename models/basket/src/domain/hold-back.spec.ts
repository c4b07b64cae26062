import { describe, expect, it } from '@jest/globals';
import type { Basket } from './basket.js';
import { bestSellersOf } from './best-sellers.js';
import { hitRatesOf, holdBack } from './hold-back.js';
import type { Rule } from './mine-rules.js';

const basket = (id: number, skus: string[], soldAtMs?: number): Basket => ({ id: String(id), soldAtMs, skus });
const idsOf = (baskets: Basket[]) => baskets.map(({ id }) => Number(id));

describe('holdBack()', () => {
  it('keeps back the last in time, in whatever order they are', () => {
    const baskets = [30, 10, 50, 20, 40].map((time) => basket(time, ['a'], time));
    const { train, heldBack, heldBackFromMs } = holdBack(baskets, 0.4);
    expect(idsOf(train)).toEqual([30, 10, 20]);
    expect(idsOf(heldBack)).toEqual([50, 40]);
    expect(heldBackFromMs).toBe(40);
  });

  it('never parts baskets of the same moment', () => {
    const { train, heldBack } = holdBack(
      [1, 2, 3, 4].map((id) => basket(id, ['a'], id < 2 ? 10 : 20)),
      0.25,
    );
    expect([idsOf(train), idsOf(heldBack)]).toEqual([[1], [2, 3, 4]]);
  });

  it('keeps back every fifth where there are no dates', () => {
    const { heldBack, heldBackFromMs } = holdBack(
      Array.from({ length: 10 }, (_, id) => basket(id, ['a'])),
      0.2,
    );
    expect(idsOf(heldBack)).toEqual([4, 9]);
    expect(heldBackFromMs).toBeUndefined();
  });
});

describe('hitRatesOf()', () => {
  const rule: Rule = {
    antecedent: ['milk'],
    consequent: 'sugar',
    baskets: 1,
    support: 1,
    confidence: 1,
    lift: 1,
    conviction: 1,
  };
  const best = ['bread', 'eggs', 'sugar', 'tea', 'jam', 'salt', 'rice'].map((sku) => ({ sku, baskets: 1 }));

  it.each([
    { case: 'both hit', skus: ['milk', 'sugar'], hits: 1, bestHits: 1, answered: 1 },
    { case: 'neither hits', skus: ['milk', 'caviar'], hits: 0, bestHits: 0, answered: 1 },
    { case: 'the sixth best seller is too late', skus: ['milk', 'salt'], hits: 0, bestHits: 0, answered: 1 },
    { case: 'it is fifth when a better one is held', skus: ['bread', 'salt'], hits: 0, bestHits: 1, answered: 0 },
  ])('counts hits: $case', ({ skus, hits, bestHits, answered }) => {
    expect(hitRatesOf([basket(1, skus), basket(2, ['milk'])], [rule], best)).toEqual({
      questions: 1,
      hitRateAt5: hits,
      bestSellersHitRateAt5: bestHits,
      answeredShare: answered,
    });
  });

  it('knows no rate without questions', () => {
    expect(hitRatesOf([basket(1, ['milk'])], [rule], best).hitRateAt5).toBeNull();
  });
});

describe('bestSellersOf()', () => {
  it('orders by baskets, then by name', () => {
    const best = bestSellersOf([basket(1, ['b', 'a']), basket(2, ['c']), basket(3, ['c'])]);
    expect(best).toEqual([
      { sku: 'c', baskets: 2 },
      { sku: 'a', baskets: 1 },
      { sku: 'b', baskets: 1 },
    ]);
  });
});
