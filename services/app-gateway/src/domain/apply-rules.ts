import type { Moment, Rule, RuleScope, RuleSet } from '@vinaigrette/documents';

/** Why an item is recommended. */
export type Reason =
  /** Who has `because` in the basket also buys the item: in `confidence` (0..1) of all such baskets. */
  | { kind: 'bought-together'; because: string[]; confidence: number; rule?: number }
  /** Nothing is known about this basket; `baskets` of the training sales hold the item. */
  | { kind: 'best-seller'; because: string[]; baskets: number };

export interface Item {
  sku: string;
  /** The model's confidence, 0..1; of a best seller its baskets as a share of the best one's, 0..1. */
  score: number;
  reasons: Reason[];
}

/** Where and to whom an answer is shown, as far as the request says. */
export interface Situation {
  moment?: Moment | undefined;
  market?: string | undefined;
  channel?: string | undefined;
}

/** A rule that changed the answer, and what it changed. */
export type Fired =
  | { rule: string; action: 'hide' | 'minimum-score' | 'cap'; removed: string[] }
  | { rule: string; action: 'clamp'; output: string; from: number; to: number };

/** A rule set made ready once, when it comes into force. */
export type CompiledRules = readonly CompiledRule[];

interface CompiledRule {
  rule: Rule;
  hidden: ReadonlySet<string>;
}

export function compileRules({ rules }: RuleSet): CompiledRules {
  return rules.map((rule) => ({ rule, hidden: new Set(rule.action === 'hide' ? rule.skus : []) }));
}

/**
 * The items the rules leave, in their order, and which rules took something away. `scored` says that the scores are a
 * model's: only those can be held against a minimum.
 */
export function applyRules(
  rules: CompiledRules,
  items: readonly Item[],
  situation: Situation,
  scored: boolean,
): { items: Item[]; fired: Fired[] } {
  const fired: Fired[] = [];
  let left = [...items];
  for (const { rule, hidden } of rules) {
    if (rule.action === 'clamp' || !applies(rule.when, situation)) continue;
    const keeps = (item: Item, index: number): boolean => {
      if (rule.action === 'hide') return !hidden.has(item.sku);
      if (rule.action === 'cap') return index < rule.items;
      return !scored || item.score >= rule.score;
    };
    const removed = left.filter((item, index) => !keeps(item, index)).map((item) => item.sku);
    if (removed.length === 0) continue;
    fired.push({ rule: rule.id, action: rule.action, removed });
    left = left.filter(keeps);
  }
  return { items: left, fired };
}

/** A prediction's outputs by name: a value a row, or a list of them. */
export type Outputs = Record<string, OutputValue>;
export type OutputValue = number | string | boolean | null | OutputValue[];

/** The outputs within the bounds the rules set, each number of a list too, and which rules moved one. */
export function clampOutputs(
  rules: CompiledRules,
  outputs: Readonly<Outputs>,
  situation: Situation,
): { outputs: Outputs; fired: Fired[] } {
  const fired: Fired[] = [];
  const left = { ...outputs };
  for (const { rule } of rules) {
    if (rule.action !== 'clamp' || !Object.hasOwn(left, rule.output) || !applies(rule.when, situation)) continue;
    const { id, output, min = -Infinity, max = Infinity } = rule;
    const clamp = (value: OutputValue): OutputValue => {
      if (Array.isArray(value)) return value.map(clamp);
      if (typeof value !== 'number') return value;
      const within = Math.min(Math.max(value, min), max);
      // NaN stays NaN: it is missing, and no bound makes it known.
      if (within !== value && !Number.isNaN(value)) {
        fired.push({ rule: id, action: 'clamp', output, from: value, to: within });
      }
      return within;
    };
    left[output] = clamp(left[output] as OutputValue);
  }
  return { outputs: left, fired };
}

/** A scope that lists moments leaves out every request that does not say its own; so for markets and channels. */
function applies(when: RuleScope | undefined, { moment, market, channel }: Situation): boolean {
  return has(when?.moments, moment) && has(when?.markets, market) && has(when?.channels, channel);
}

function has<T>(listed: readonly T[] | undefined, value: T | undefined): boolean {
  return listed === undefined || (value !== undefined && listed.includes(value));
}
