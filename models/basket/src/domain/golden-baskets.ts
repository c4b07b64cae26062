import type { Basket } from './basket.js';

/** What the gateway lets through in one basket. */
const BASKET_ITEMS_MAX = 1_000;
const TYPICAL = 20;

/**
 * Batches of baskets whose answers tell a right copy of the model from a wrong one: typical ones from the sales, and the
 * corners - empty, unknown, repeated, written small, full, and several of unequal length at once.
 */
export function goldenBaskets(baskets: readonly Basket[]): (readonly string[])[][] {
  const step = Math.max(1, Math.floor(baskets.length / TYPICAL));
  const typical = Array.from({ length: TYPICAL }, (_, place) => at(baskets, place * step));
  const [first = [], second = []] = typical;
  const full = baskets.reduce<readonly string[]>((most, { skus }) => (skus.length > most.length ? skus : most), []);
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
function at(baskets: readonly Basket[], place: number): readonly string[] {
  const skus = baskets[place % Math.max(1, baskets.length)]?.skus ?? [];
  return skus.length > 1 ? skus.slice(0, -1) : skus;
}
