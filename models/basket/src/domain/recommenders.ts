import { compareTexts } from './basket.js';
import type { Baskets } from './baskets.js';
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
export function byItemCosine(baskets: Baskets): Recommender {
  const { skus } = baskets;
  const itemOf = new Map(skus.map((sku, item) => [sku, item]));
  const holders = baskets.counts();
  const neighbours = neighboursIn(baskets, holders);
  const scores = new Float64Array(skus.length); // all 0 between two questions
  return (basket, limit) => {
    const held = new Set(basket.map((sku) => itemOf.get(sku)).filter((item) => item !== undefined));
    const scored: number[] = [];
    for (const item of held) {
      const { items, counts } = neighbours(item);
      for (let at = 0; at < items.length; at++) {
        const other = items[at] as number;
        if (scores[other] === 0) scored.push(other);
        (scores[other] as number) +=
          (counts[at] as number) / Math.sqrt((holders[item] as number) * (holders[other] as number));
      }
    }
    const isBefore = (a: number, b: number): boolean => {
      const order = (scores[b] as number) - (scores[a] as number);
      return order < 0 || (order === 0 && compareTexts(skus[a] as string, skus[b] as string) < 0);
    };
    const best: number[] = []; // best first: few, of the many that score
    for (const item of scored) {
      const last = best[limit - 1];
      if (held.has(item) || (last !== undefined && !isBefore(item, last))) continue;
      const place = best.findIndex((other) => isBefore(item, other));
      best.splice(place < 0 ? best.length : place, 0, item);
      best.length = Math.min(best.length, limit);
    }
    for (const item of scored) scores[item] = 0;
    return best.map((item) => skus[item] as string);
  };
}

/** The items that lie in a basket with an item, itself among them, and in how many; found when first asked for. */
function neighboursIn(baskets: Baskets, holders: Int32Array) {
  const rowsOf = rowsByItem(baskets, holders);
  const counts = new Int32Array(baskets.skus.length); // all 0 between two items
  const known = new Array<{ items: Int32Array; counts: Int32Array } | undefined>(baskets.skus.length);
  return (item: number) =>
    (known[item] ??= (() => {
      const items: number[] = [];
      for (const row of rowsOf(item)) {
        for (let at = baskets.starts[row] as number; at < (baskets.starts[row + 1] as number); at++) {
          const other = baskets.items[at] as number;
          if (counts[other]!++ === 0) items.push(other);
        }
      }
      const found = { items: Int32Array.from(items), counts: new Int32Array(items.length) };
      items.forEach((other, at) => {
        found.counts[at] = counts[other] as number;
        counts[other] = 0;
      });
      return found;
    })());
}

/** The baskets that hold an item. */
function rowsByItem({ starts, items, length }: Baskets, holders: Int32Array): (item: number) => Int32Array {
  const ends = new Int32Array(holders.length + 1);
  holders.forEach((count, item) => (ends[item + 1] = (ends[item] as number) + count));
  const rows = new Int32Array(items.length);
  const free = ends.slice(); // the next place of each item
  for (let row = 0; row < length; row++) {
    for (let at = starts[row] as number; at < (starts[row + 1] as number); at++) rows[free[items[at]!]!++] = row;
  }
  return (item) => rows.subarray(ends[item], ends[item + 1]);
}
