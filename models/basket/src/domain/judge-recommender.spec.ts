import { describe, expect, it } from '@jest/globals';
import { Baskets } from './baskets.js';
import { bestSellersOf } from './best-sellers.js';
import { judgeRecommender } from './judge-recommender.js';
import type { Rule } from './mine-rules.js';
import { byItemCosine, byPopularity, byRules } from './recommenders.js';

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
const ask = (skus: string[]) => [{ given: skus.slice(0, -1), expected: skus.at(-1) as string }];

describe('judgeRecommender()', () => {
  it.each([
    { case: 'both hit', skus: ['milk', 'sugar'], hits: 1, bestHits: 1, answered: 1 },
    { case: 'neither hits', skus: ['milk', 'caviar'], hits: 0, bestHits: 0, answered: 1 },
    { case: 'the sixth best seller is too late', skus: ['milk', 'salt'], hits: 0, bestHits: 0, answered: 1 },
    { case: 'it is fifth when a better one is held', skus: ['bread', 'salt'], hits: 0, bestHits: 1, answered: 0 },
  ])('counts hits: $case', ({ skus, hits, bestHits, answered }) => {
    const judge = (recommender: Parameters<typeof judgeRecommender>[0]) =>
      judgeRecommender(recommender, ask(skus), best, 1);
    expect(judge(byRules([rule]))).toMatchObject({ hitRateAt5: hits, answeredShare: answered });
    expect(judge(byPopularity(best))).toMatchObject({ hitRateAt5: bestHits, answeredShare: 1 });
  });

  it('tells the place, the breadth and the surprise of what is shown', () => {
    const sold = [
      { sku: 'bread', baskets: 8 },
      { sku: 'tea', baskets: 2 },
      { sku: 'jam', baskets: 1 },
      { sku: 'rum', baskets: 1 },
    ];
    const shows = () => ['bread', 'tea'];
    const questions = [...ask(['a', 'bread']), ...ask(['a', 'tea']), ...ask(['a', 'rum'])];
    expect(judgeRecommender(shows, questions, sold, 16)).toEqual({
      hitRateAt5: 2 / 3,
      mrrAt5: (1 + 1 / 2) / 3,
      answeredShare: 1,
      coverage: 2 / 4,
      noveltyBits: (1 + 3) / 2, // 8 of 16 baskets: 1 bit; 2 of 16: 3 bits
    });
  });

  it('knows nothing without questions', () => {
    expect(judgeRecommender(byRules([rule]), [], best, 1)).toEqual({
      hitRateAt5: null,
      mrrAt5: null,
      answeredShare: null,
      coverage: 0,
      noveltyBits: null,
    });
  });
});

describe('byItemCosine()', () => {
  const baskets = Baskets.ofSkus([['a', 'b'], ['a', 'b'], ['a', 'c'], ['d', 'c'], ['e']]);

  it('ranks by the summed cosines, equal ones by name', () => {
    // cos(a, b) = 2/sqrt(3*2) = 0.816, cos(a, c) = 1/sqrt(3*2) = 0.408, cos(c, d) = 1/sqrt(2*1) = 0.707
    const recommend = byItemCosine(baskets);
    expect(recommend(['a'], 5)).toEqual(['b', 'c']);
    expect(recommend(['a', 'd'], 5)).toEqual(['c', 'b']); // c: 0.408 + 0.707
    expect(recommend(['a', 'c'], 1)).toEqual(['b']);
    expect(recommend(['e'], 5)).toEqual([]);
    expect(recommend(['unknown'], 5)).toEqual([]);
  });

  it('never shows what is in the basket, nor more than it may', () => {
    const sold = bestSellersOf(baskets);
    for (const { sku } of sold) {
      const shown = byItemCosine(baskets)([sku], 1);
      expect(shown).not.toContain(sku);
      expect(shown.length).toBeLessThanOrEqual(1);
    }
  });
});
