import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Baskets } from './baskets.js';
import { mineItemsets } from './mine-itemsets.js';
import { mineRules, type Rule } from './mine-rules.js';
import { recommend } from './recommend.js';
import { speakingRules } from './speaking-rules.js';

const rule = (antecedent: string[], consequent: string, confidence: number): Rule => ({
  antecedent,
  consequent,
  confidence,
  baskets: 1,
  support: 0.1,
  lift: 1,
  conviction: 1,
});

describe('recommend()', () => {
  const rules = [
    rule(['coffee', 'milk'], 'sugar', 0.9),
    rule(['milk'], 'sugar', 0.8),
    rule(['milk'], 'cereal', 0.6),
    rule(['sugar'], 'milk', 0.5),
  ];
  it.each([
    { case: 'the strongest rule of each item', basket: ['milk'], answer: ['sugar 0.8 milk', 'cereal 0.6 milk'] },
    {
      case: 'the longer rule where it is stronger',
      basket: ['milk', 'coffee'],
      answer: ['sugar 0.9 coffee+milk', 'cereal 0.6 milk'],
    },
    { case: 'nothing the basket holds', basket: ['milk', 'sugar'], answer: ['cereal 0.6 milk'] },
    { case: 'the same for repeats', basket: ['milk', 'milk'], answer: ['sugar 0.8 milk', 'cereal 0.6 milk'] },
    { case: 'nothing for the unknown', basket: ['caviar'], answer: [] },
    { case: 'nothing for nothing', basket: [], answer: [] },
  ])('answers $case', ({ basket, answer }) => {
    const given = recommend(rules, basket).map(
      ({ sku, confidence, because }) => `${sku} ${confidence} ${because.join('+')}`,
    );
    expect(given).toEqual(answer);
  });

  it('stops at the limit', () => {
    expect(recommend(rules, ['milk'], 1).map(({ sku }) => sku)).toEqual(['sugar']);
  });
});

describe('speakingRules()', () => {
  it('leaves out a rule that a stronger, shorter one silences', () => {
    const rules = [
      rule(['a'], 'x', 0.9),
      rule(['a', 'b'], 'x', 0.8),
      rule(['b'], 'x', 0.7),
      rule(['a', 'b'], 'y', 0.5),
    ];
    expect(speakingRules(rules)).toEqual([rules[0], rules[2], rules[3]]);
  });

  const alphabet = ['a', 'b', 'c', 'd', 'e', 'f'];
  const baskets = fc.array(fc.subarray(alphabet), { minLength: 1, maxLength: 30 });

  it('changes no answer', () =>
    fc.assert(
      fc.property(baskets, fc.subarray(alphabet), (baskets, basket) => {
        const rules = mineRules(mineItemsets(Baskets.ofSkus(baskets), { minSupport: 0.05 }), 0.1);
        const spoken = (rules: Rule[]) => recommend(rules, basket).map((answer) => rules[answer.rule]);
        expect(spoken(speakingRules(rules))).toEqual(spoken(rules));
      }),
    ));

  it('keeps no rule that never speaks', () =>
    fc.assert(
      fc.property(baskets, (baskets) => {
        const rules = speakingRules(mineRules(mineItemsets(Baskets.ofSkus(baskets), { minSupport: 0.05 }), 0.1));
        for (const rule of rules) {
          const spoken = recommend(rules, rule.antecedent).map((answer) => rules[answer.rule]);
          expect(spoken).toContain(rule);
        }
      }),
    ));
});
