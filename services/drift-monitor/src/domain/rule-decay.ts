import { wilson, type Estimate } from './intervals.js';

/** A served association rule, as the version's rules.json has it; its place there is its number. */
export interface ServedRule {
  antecedent: readonly string[];
  consequent: string;
  /** At training, 0..1. */
  confidence: number;
}

export interface RuleDecay {
  /** Place in rules.json, from 0. */
  rule: number;
  antecedent: readonly string[];
  consequent: string;
  trained: number;
  /** Share of the baskets with the antecedent that hold the consequent too. */
  live: Estimate;
  recommendationsADay: number;
  /** `held`: no worse than trained; `decayed`: proved worse; `dead`: proved to be less than half; `unknown`: too few. */
  state: 'held' | 'decayed' | 'dead' | 'unknown';
  says: string;
}

/** Fewer baskets with the antecedent prove nothing. */
const BASKETS_MIN = 100;
/** A rule that is proved to hold less often than this share of what it promised is dead. */
const DEAD_SHARE = 0.5;

/**
 * How the rules hold in baskets that were seen, and how many of what was recommended rests on each: on the strongest rule
 * (the first in the list) whose antecedent the basket holds, as the model decides it.
 */
export function ruleDecays(
  rules: readonly ServedRule[],
  baskets: Iterable<ReadonlySet<string>>,
  recommendations: Iterable<{ basket: ReadonlySet<string>; shown: readonly string[] }>,
  days: number,
): RuleDecay[] {
  const byFirst = new Map<string, number[]>();
  rules.forEach(({ antecedent }, rule) => {
    const first = antecedent[0] as string;
    byFirst.set(first, [...(byFirst.get(first) ?? []), rule]);
  });
  const matching = (basket: ReadonlySet<string>): number[] =>
    [...basket].flatMap((item) =>
      (byFirst.get(item) ?? []).filter((rule) => rules[rule]!.antecedent.every((sku) => basket.has(sku))),
    );
  const [seen, held, rested] = [rules.map(() => 0), rules.map(() => 0), rules.map(() => 0)];
  for (const basket of baskets) {
    for (const rule of matching(basket)) {
      seen[rule]! += 1;
      if (basket.has(rules[rule]!.consequent)) held[rule]! += 1;
    }
  }
  for (const { basket, shown } of recommendations) {
    const strongest = new Map<string, number>();
    for (const rule of matching(basket).sort((a, b) => a - b)) {
      const { consequent } = rules[rule]!;
      if (!strongest.has(consequent)) strongest.set(consequent, rule);
    }
    for (const sku of shown) {
      const rule = strongest.get(sku);
      if (rule !== undefined) rested[rule]! += 1;
    }
  }
  return rules.map(({ antecedent, consequent, confidence }, rule) => {
    const [n, perDay] = [seen[rule]!, rested[rule]! / days];
    const live = wilson(held[rule]! / n, n);
    const state = stateOf(live, confidence);
    const says = sentence({ antecedent, consequent, confidence }, live, perDay);
    return { rule, antecedent, consequent, trained: confidence, live, recommendationsADay: perDay, state, says };
  });
}

function stateOf({ n, high }: Estimate, trained: number): RuleDecay['state'] {
  if (n < BASKETS_MIN || high === null) return 'unknown';
  if (high < trained * DEAD_SHARE) return 'dead';
  return high < trained ? 'decayed' : 'held';
}

/** `milk -> sugar was 80 % at training, 55 % now (n = 1,240); 312 recommendations a day rest on it` */
function sentence({ antecedent, consequent, confidence }: ServedRule, live: Estimate, perDay: number): string {
  const name = `${antecedent.join(' + ')} -> ${consequent} was ${percent(confidence)} at training`;
  const now =
    live.value === null ? 'and was not met since' : `${percent(live.value)} now (n = ${live.n.toLocaleString('en')})`;
  return `${name}, ${now}; ${Math.round(perDay).toLocaleString('en')} recommendations a day rest on it`;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
