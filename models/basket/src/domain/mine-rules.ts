import { compareTexts } from './basket.js';
import type { Itemsets } from './itemsets.js';

/** "Who has all of these also has that": an association rule with one item on the right. */
export interface Rule {
  /** Distinct SKUs in ascending order; never empty. */
  antecedent: readonly string[];
  consequent: string;
  /** Baskets that hold antecedent and consequent. */
  baskets: number;
  /** Share of all baskets that hold antecedent and consequent, in 0..1. */
  support: number;
  /** Share of the antecedent's baskets that also hold the consequent, in 0..1. */
  confidence: number;
  /** Confidence over the consequent's own share of all baskets; 1: the antecedent says nothing, above: it attracts. */
  lift: number;
  /**
   * How much rarer the rule fails than if both sides were independent: (1 - share of the consequent) / (1 - confidence);
   * Infinity when it never fails (Brin et al., SIGMOD 1997).
   */
  conviction: number;
}

/** Every rule of at least `minConfidence` that the itemsets hold, strongest first. */
export function mineRules(itemsets: Itemsets, minConfidence: number): Rule[] {
  const rules: Rule[] = [];
  const single = itemsets.items.map((_, rank) => itemsets.count([rank]) as number);
  itemsets.forEach((ranks, baskets) => {
    if (ranks.length < 2) return;
    for (const consequent of ranks) {
      const antecedent = ranks.filter((rank) => rank !== consequent);
      const holders = itemsets.count(antecedent) as number; // a part of a frequent itemset is frequent itself
      if (baskets / holders < minConfidence) continue;
      rules.push({
        antecedent: antecedent.map((rank) => itemsets.items[rank] as string).sort(compareTexts),
        consequent: itemsets.items[consequent] as string,
        baskets,
        ...measuresOf(baskets, holders, single[consequent] as number, itemsets.baskets),
      });
    }
  });
  return rules.sort(compareStrength);
}

/** The measures of a rule, from counts of baskets: of both sides together, of each side, and of all. */
export function measuresOf(both: number, antecedent: number, consequent: number, all: number) {
  const confidence = both / antecedent;
  return {
    support: both / all,
    confidence,
    // One division of whole numbers: equal rules get equal lifts, which a quotient of quotients does not promise.
    lift: (both * all) / (antecedent * consequent),
    conviction: confidence === 1 ? Infinity : (1 - consequent / all) / (1 - confidence),
  };
}

/** The order in which rules speak: confidence, lift, support, then SKU and antecedent, so that no two are equal. */
export function compareStrength(a: Rule, b: Rule): number {
  return (
    b.confidence - a.confidence ||
    b.lift - a.lift ||
    b.support - a.support ||
    compareTexts(a.consequent, b.consequent) ||
    a.antecedent.length - b.antecedent.length ||
    compareLists(a.antecedent, b.antecedent)
  );
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  for (const [index, text] of a.entries()) {
    const order = compareTexts(text, b[index] as string);
    if (order !== 0) return order;
  }
  return 0;
}
