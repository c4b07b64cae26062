import type { Basket } from './basket.js';

export interface Split {
  train: Basket[];
  heldBack: Basket[];
  /** Start of the held-back time in milliseconds since the epoch; absent when the baskets have no dates. */
  heldBackFromMs: number | undefined;
}

/**
 * Keeps back about the `share` of the baskets that was sold last: a recommender is judged on a time it has not seen.
 * Baskets sold at the same moment stay together. Without dates, baskets are kept back at equal distances in their order.
 */
export function holdBack(baskets: readonly Basket[], share: number): Split {
  const times = baskets.map((basket) => basket.soldAtMs);
  if (times.some((time) => time === undefined)) return holdBackEvenly(baskets, share);
  const sorted = Float64Array.from(times as number[]).sort();
  const fromMs = sorted[Math.floor(sorted.length * (1 - share))] ?? Infinity;
  return {
    train: baskets.filter((basket) => (basket.soldAtMs as number) < fromMs),
    heldBack: baskets.filter((basket) => (basket.soldAtMs as number) >= fromMs),
    heldBackFromMs: fromMs,
  };
}

function holdBackEvenly(baskets: readonly Basket[], share: number): Split {
  const isHeldBack = (_: Basket, index: number) => Math.floor((index + 1) * share) > Math.floor(index * share);
  return {
    train: baskets.filter((basket, index) => !isHeldBack(basket, index)),
    heldBack: baskets.filter(isHeldBack),
    heldBackFromMs: undefined,
  };
}
