import { compareTexts } from './basket.js';
import type { Itemsets } from './itemsets.js';

/** Two SKUs and how much oftener they lie in one basket than by chance. */
export interface Attraction {
  /** Ascending. */
  pair: readonly [string, string];
  /** Baskets that hold both. */
  baskets: number;
  /** Share of the baskets that hold both over the product of the shares that hold each; above 1: they attract. */
  lift: number;
  /**
   * Share of the baskets that hold both, less what chance would give (Piatetsky-Shapiro, 1991). Ranks the pairs: a high
   * lift of two rare goods fills no aisle.
   */
  leverage: number;
}

/** Goods that belong together, and by what. */
export interface Shelf {
  /** Ascending; two or more. */
  skus: readonly string[];
  /** The attractions among them, strongest first. */
  attractions: readonly Attraction[];
}

/** Every frequent pair that attracts, strongest first. */
export function attractionsOf(itemsets: Itemsets): Attraction[] {
  const attractions: Attraction[] = [];
  itemsets.forEach((ranks, baskets) => {
    if (ranks.length !== 2) return;
    const all = itemsets.baskets;
    const expected = ranks.reduce((product, rank) => product * ((itemsets.count([rank]) as number) / all), 1);
    const both = baskets / all;
    if (both <= expected) return;
    const [a, b] = ranks.map((rank) => itemsets.items[rank] as string).sort(compareTexts) as [string, string];
    attractions.push({ pair: [a, b], baskets, lift: both / expected, leverage: both - expected });
  });
  return attractions.sort((x, y) => y.leverage - x.leverage || compareTexts(x.pair.join('\0'), y.pair.join('\0')));
}

/**
 * Which goods to put side by side: the strongest attraction first, the shelves of its two goods become one, as long as
 * no shelf holds more than `goodsMax` (single-linkage clustering with a limit). Best shelf first, by its attractions.
 */
export function shelvesOf(attractions: readonly Attraction[], goodsMax: number): Shelf[] {
  const shelfOf = new Map<string, Set<string>>();
  for (const { pair } of attractions) {
    const [left, right] = pair.map((sku) => shelfOf.get(sku) ?? new Set([sku])) as [Set<string>, Set<string>];
    if (left === right || left.size + right.size > goodsMax) continue;
    const joined = new Set([...left, ...right]);
    for (const sku of joined) shelfOf.set(sku, joined);
  }
  return [...new Set(shelfOf.values())]
    .map((skus) => ({
      skus: [...skus].sort(compareTexts),
      attractions: attractions.filter(({ pair: [a, b] }) => skus.has(a) && skus.has(b)),
    }))
    .sort((x, y) => weightOf(y) - weightOf(x));
}

const weightOf = ({ attractions }: Shelf) => attractions.reduce((sum, { leverage }) => sum + leverage, 0);
