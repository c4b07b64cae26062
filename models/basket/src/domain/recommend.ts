import type { Rule } from './mine-rules.js';

/** Most recommendations a model answers with. */
export const RECOMMENDATIONS_MAX = 50;

export interface Recommendation {
  sku: string;
  /** Of the rule that speaks, in 0..1. */
  confidence: number;
  /** Place of that rule among the rules, strongest first, from 0. */
  rule: number;
  /** The items of the basket that the rule asks for. */
  because: readonly string[];
}

/**
 * What the rules recommend for a basket, strongest first: of every SKU that is not in the basket already, the strongest
 * rule whose antecedent the basket holds. Repeats and unknown SKUs in the basket change nothing. The plain meaning of
 * the ONNX graph, which has to give the same answers.
 *
 * @param rules strongest first
 */
export function recommend(
  rules: readonly Rule[],
  basket: Iterable<string>,
  limit: number = RECOMMENDATIONS_MAX,
): Recommendation[] {
  const taken = new Set(basket);
  const held = new Set(taken);
  const answer: Recommendation[] = [];
  for (const [rule, { antecedent, consequent, confidence }] of rules.entries()) {
    if (answer.length >= limit) break;
    if (taken.has(consequent) || !antecedent.every((sku) => held.has(sku))) continue;
    taken.add(consequent);
    answer.push({ sku: consequent, confidence, rule, because: antecedent });
  }
  return answer;
}
