import { compareTexts } from './basket.js';
import type { Baskets } from './baskets.js';

export interface BestSeller {
  sku: string;
  /** Baskets that hold it. */
  baskets: number;
}

/** The SKUs by the number of baskets that hold them, best first, equal ones by name. */
export function bestSellersOf(baskets: Baskets): BestSeller[] {
  const counts = baskets.counts();
  return baskets.skus
    .map((sku, item) => ({ sku, baskets: counts[item] as number }))
    .filter((seller) => seller.baskets > 0)
    .sort((a, b) => b.baskets - a.baskets || compareTexts(a.sku, b.sku));
}
