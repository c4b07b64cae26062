import { compareTexts, type Basket } from './basket.js';

export interface BestSeller {
  sku: string;
  /** Baskets that hold it. */
  baskets: number;
}

/** The SKUs by the number of baskets that hold them, best first, equal ones by name. */
export function bestSellersOf(baskets: readonly Basket[]): BestSeller[] {
  const countOf = new Map<string, number>();
  for (const { skus } of baskets) for (const sku of skus) countOf.set(sku, (countOf.get(sku) ?? 0) + 1);
  return Array.from(countOf, ([sku, count]) => ({ sku, baskets: count })).sort(
    (a, b) => b.baskets - a.baskets || compareTexts(a.sku, b.sku),
  );
}
