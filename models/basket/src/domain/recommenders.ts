import { compareTexts, type Basket } from './basket.js';
import type { BestSeller } from './best-sellers.js';
import type { Rule } from './mine-rules.js';
import { recommend } from './recommend.js';

/** What to show beside a basket: at most `limit` distinct SKUs that are not in it, best first. */
export type Recommender = (basket: readonly string[], limit: number) => readonly string[];

export function byRules(rules: readonly Rule[]): Recommender {
  return (basket, limit) => recommend(rules, basket, limit).map(({ sku }) => sku);
}

/** The same for everybody: what sells best. */
export function byPopularity(best: readonly BestSeller[]): Recommender {
  return (basket, limit) => {
    const held = new Set(basket);
    const shown: string[] = [];
    for (const { sku } of best) {
      if (shown.length === limit) break;
      if (!held.has(sku)) shown.push(sku);
    }
    return shown;
  };
}

/**
 * Item-item collaborative filtering: a SKU's score is the sum of its cosines with the basket's items, the cosine of two
 * SKUs being the baskets that hold both over the geometric mean of the baskets that hold either (Sarwar et al., WWW
 * 2001). Equal scores by SKU.
 */
export function byItemCosine(baskets: readonly Basket[]): Recommender {
  const holders = new Map<string, number[]>();
  baskets.forEach(({ skus }, row) => {
    for (const sku of skus) {
      const rows = holders.get(sku);
      if (rows) rows.push(row);
      else holders.set(sku, [row]);
    }
  });
  const cosines = new Map<string, ReadonlyMap<string, number>>();
  const cosinesOf = (sku: string): ReadonlyMap<string, number> => {
    const known = cosines.get(sku);
    if (known) return known;
    const rows = holders.get(sku) ?? [];
    const together = new Map<string, number>();
    for (const row of rows) {
      for (const other of (baskets[row] as Basket).skus) together.set(other, (together.get(other) ?? 0) + 1);
    }
    const own = new Map<string, number>();
    for (const [other, both] of together) {
      own.set(other, both / Math.sqrt(rows.length * (holders.get(other) as number[]).length));
    }
    cosines.set(sku, own);
    return own;
  };
  return (basket, limit) => {
    const held = new Set(basket);
    const scores = new Map<string, number>();
    for (const sku of held) {
      for (const [other, cosine] of cosinesOf(sku)) {
        if (!held.has(other)) scores.set(other, (scores.get(other) ?? 0) + cosine);
      }
    }
    const ranked = [...scores].sort(([a, m], [b, n]) => n - m || compareTexts(a, b));
    return ranked.slice(0, limit).map(([sku]) => sku);
  };
}
