import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Baskets } from './baskets.js';
import { mineItemsets } from './mine-itemsets.js';
import { compareStrength, measuresOf, mineRules, type Rule } from './mine-rules.js';

describe('measuresOf()', () => {
  it.each([
    // Brin et al. (1997), table 1: tea and coffee; who drinks tea is less likely to drink coffee.
    { case: 'tea -> coffee', counts: [20, 25, 90, 100], support: 0.2, confidence: 0.8, lift: 0.8889, conviction: 0.5 },
    { case: 'independent sides', counts: [20, 40, 50, 100], support: 0.2, confidence: 0.5, lift: 1, conviction: 1 },
    { case: 'never fails', counts: [30, 30, 40, 100], support: 0.3, confidence: 1, lift: 2.5, conviction: Infinity },
  ])('of $case', ({ counts, support, confidence, lift, conviction }) => {
    const measures = measuresOf(...(counts as [number, number, number, number]));
    expect(measures.support).toBe(support);
    expect(measures.confidence).toBe(confidence);
    expect(measures.lift).toBeCloseTo(lift, 4);
    expect(measures.conviction).toBeCloseTo(conviction, 10);
  });
});

describe('mineRules()', () => {
  const baskets = [['milk', 'sugar'], ['milk', 'sugar'], ['milk', 'sugar', 'tea'], ['milk'], ['bread']];

  it('finds each rule with its measures, strongest first', () => {
    const rules = mineRules(mineItemsets(Baskets.ofSkus(baskets), { minSupport: 0.4 }), 0.7);
    expect(rules.map(({ antecedent, consequent }) => `${antecedent} -> ${consequent}`)).toEqual([
      'sugar -> milk',
      'milk -> sugar',
    ]);
    expect(rules[1]).toEqual({
      antecedent: ['milk'],
      consequent: 'sugar',
      baskets: 3,
      support: 0.6,
      confidence: 0.75,
      lift: 1.25,
      conviction: 1.6,
    });
  });

  it.each([
    { case: 'confidence', first: { confidence: 0.6 }, second: { confidence: 0.5, lift: 9, support: 0.9 } },
    { case: 'lift', first: { lift: 3 }, second: { lift: 2, support: 0.9, consequent: 'a' } },
    { case: 'support', first: { support: 0.2 }, second: { support: 0.1, consequent: 'a' } },
    { case: 'SKU', first: { consequent: 'b', antecedent: ['c', 'd'] }, second: { consequent: 'c', antecedent: ['a'] } },
    { case: 'fewer items asked for', first: { antecedent: ['z'] }, second: { antecedent: ['a', 'b'] } },
    { case: 'their names', first: { antecedent: ['a', 'c'] }, second: { antecedent: ['b', 'c'] } },
  ])('lets $case decide when all before it is equal', ({ first, second }) => {
    const rule = {
      antecedent: ['a'],
      consequent: 'x',
      baskets: 1,
      support: 0.1,
      confidence: 0.5,
      lift: 2,
      conviction: 1,
    };
    expect(compareStrength({ ...rule, ...first }, { ...rule, ...second })).toBeLessThan(0);
    expect(compareStrength({ ...rule, ...second }, { ...rule, ...first })).toBeGreaterThan(0);
  });

  const alphabet = ['a', 'b', 'c', 'd', 'e', 'f'];
  it('finds every rule that counting finds, and no other', () =>
    fc.assert(
      fc.property(
        fc.array(fc.subarray(alphabet), { minLength: 1, maxLength: 40 }),
        fc.constantFrom(0.1, 0.5, 0.8, 1),
        (baskets, minConfidence) => {
          const found = mineRules(mineItemsets(Baskets.ofSkus(baskets), { minSupport: 0.1 }), minConfidence).map(
            nameOf,
          );
          const expected = bruteForce(baskets, alphabet, 0.1, minConfidence);
          expect(found.sort()).toEqual(expected.sort());
        },
      ),
    ));

  it('orders rules so that no two are equal', () =>
    fc.assert(
      fc.property(fc.array(fc.subarray(alphabet), { minLength: 1, maxLength: 20 }), (baskets) => {
        const rules = mineRules(mineItemsets(Baskets.ofSkus(baskets), { minSupport: 0.1 }), 0.1);
        rules.slice(1).forEach((rule, place) => expect(compareStrength(rules[place] as Rule, rule)).toBeLessThan(0));
      }),
    ));
});

const nameOf = ({ antecedent, consequent, baskets }: Pick<Rule, 'antecedent' | 'consequent' | 'baskets'>) =>
  `${antecedent.join(' ')} -> ${consequent} (${baskets})`;

function bruteForce(baskets: string[][], alphabet: string[], minSupport: number, minConfidence: number): string[] {
  const names: string[] = [];
  const holding = (items: string[]) => baskets.filter((basket) => items.every((item) => basket.includes(item))).length;
  for (let mask = 1; mask < 1 << alphabet.length; mask++) {
    const antecedent = alphabet.filter((_, place) => mask & (1 << place));
    for (const consequent of alphabet.filter((item) => !antecedent.includes(item))) {
      const both = holding([...antecedent, consequent]);
      if (both === 0 || both / baskets.length < minSupport) continue;
      if (both / holding(antecedent) >= minConfidence) names.push(nameOf({ antecedent, consequent, baskets: both }));
    }
  }
  return names;
}
