import type { Baskets } from './baskets.js';

/** What the gateway lets through in one basket. */
const BASKET_ITEMS_MAX = 1_000;
const TYPICAL = 20;

/**
 * Batches of baskets whose answers tell a right copy of the model from a wrong one: typical ones from the sales, and the
 * corners - empty, unknown, repeated, written small, full, and several of unequal length at once.
 */
export function goldenBaskets(baskets: Baskets): (readonly string[])[][] {
  const step = Math.max(1, Math.floor(baskets.length / TYPICAL));
  const typical = Array.from({ length: TYPICAL }, (_, place) => at(baskets, place * step));
  const [first = [], second = []] = typical;
  const full = fullest(baskets);
  return [
    ...typical.map((basket) => [basket]),
    [[]],
    [['no-such-sku']],
    [['no-such-sku', ...first, 'neither-this']],
    [[...first, ...first]],
    [first.map((sku) => sku.toLowerCase())],
    [full.slice(0, BASKET_ITEMS_MAX)],
    [second, [], ['no-such-sku'], full.slice(0, 3)],
  ];
}

/** The basket at this place, without its last item when there are others; places beyond the end begin again. */
function at(baskets: Baskets, place: number): readonly string[] {
  if (baskets.length === 0) return [];
  const { skus } = baskets.at(place % baskets.length);
  return skus.length > 1 ? skus.slice(0, -1) : skus;
}

/** The first basket of the most items. */
function fullest(baskets: Baskets): readonly string[] {
  let most = 0;
  for (let row = 1; row < baskets.length; row++) {
    if (baskets.itemsOf(row).length > baskets.itemsOf(most).length) most = row;
  }
  return baskets.length === 0 ? [] : baskets.at(most).skus;
}
