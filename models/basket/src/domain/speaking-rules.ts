import type { Rule } from './mine-rules.js';

/**
 * The rules that can ever speak, in the same order. A rule is silent when a stronger one with the same consequent asks
 * for a part of what it asks for: that one applies wherever it does, and comes first. Leaving the silent ones out
 * changes no answer and often most of the cost.
 *
 * @param rules strongest first
 */
export function speakingRules(rules: readonly Rule[]): Rule[] {
  const spoken = new Map<string, (readonly string[])[]>();
  return rules.filter(({ antecedent, consequent }) => {
    const stronger = spoken.get(consequent) ?? [];
    const has = new Set(antecedent);
    const silent = stronger.some((part) => part.every((sku) => has.has(sku)));
    if (silent) return false;
    stronger.push(antecedent);
    spoken.set(consequent, stronger);
    return true;
  });
}
