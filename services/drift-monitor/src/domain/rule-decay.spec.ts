import { describe, expect, it } from '@jest/globals';
import { ruleDecays } from './rule-decay.js';

const rules = [
  { antecedent: ['bread', 'milk'], consequent: 'sugar', confidence: 0.9 },
  { antecedent: ['milk'], consequent: 'sugar', confidence: 0.8 },
  { antecedent: ['tea'], consequent: 'lemon', confidence: 0.5 },
  { antecedent: ['salt'], consequent: 'pepper', confidence: 0.4 },
];
const times = (count: number, ...items: string[]) => Array.from({ length: count }, () => new Set(items));

describe('ruleDecays()', () => {
  const baskets = [
    ...times(682, 'milk', 'sugar'),
    ...times(558, 'milk'),
    ...times(60, 'tea', 'lemon'),
    ...times(30, 'salt'),
    ...times(200, 'tea'),
    ...times(40, 'tea', 'lemon'),
  ];
  const asked = [
    ...times(3_120, 'milk').map((basket) => ({ basket, shown: ['sugar', 'salt'] })),
    ...times(10, 'bread', 'milk').map((basket) => ({ basket, shown: ['sugar'] })),
    ...times(10, 'milk').map((basket) => ({ basket, shown: [] })),
  ];
  const found = ruleDecays(rules, baskets, asked, 10);

  it('says in the shop’s language what a rule promised, what it holds, and what rests on it', () => {
    expect(found[1]!.says).toBe(
      'milk -> sugar was 80 % at training, 55 % now (n = 1,240); 312 recommendations a day rest on it',
    );
    expect(found[0]!.says).toBe(
      'bread + milk -> sugar was 90 % at training, and was not met since; 1 recommendations a day rest on it',
    );
  });

  it.each([
    { rule: 0, state: 'unknown', n: 0 },
    { rule: 1, state: 'decayed', n: 1_240 },
    { rule: 2, state: 'decayed', n: 300 },
    { rule: 3, state: 'unknown', n: 30 },
  ])('rule $rule is $state', ({ rule, state, n }) => {
    expect(found[rule]).toMatchObject({ rule, state, live: { n } });
  });

  it('is dead when it is proved to hold less than half as often, and held when nothing proves it worse', () => {
    const [milk] = ruleDecays([rules[1]!], [...times(100, 'milk', 'sugar'), ...times(300, 'milk')], [], 1);
    expect(milk!.state).toBe('dead');
    const [fine] = ruleDecays([rules[1]!], [...times(78, 'milk', 'sugar'), ...times(22, 'milk')], [], 1);
    expect(fine!.state).toBe('held');
  });
});
