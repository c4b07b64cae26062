import type { Baskets } from './baskets.js';
import { IntegerList } from './integer-list.js';

export interface Split {
  train: Baskets;
  heldBack: Baskets;
  /** Start of the held-back time in milliseconds since the epoch; absent when the baskets have no dates. */
  heldBackFromMs: number | undefined;
}

/**
 * Keeps back about the `share` of the baskets that was sold last: a recommender is judged on a time it has not seen.
 * Baskets sold at the same moment stay together. Without dates, baskets are kept back at equal distances in their order.
 */
export function holdBack(baskets: Baskets, share: number): Split {
  const { soldAtMs } = baskets;
  if (soldAtMs.some(Number.isNaN)) {
    const isHeldBack = (row: number) => Math.floor((row + 1) * share) > Math.floor(row * share);
    return { ...parted(baskets, isHeldBack), heldBackFromMs: undefined };
  }
  const heldBackFromMs = soldAtMs.slice().sort()[Math.floor(soldAtMs.length * (1 - share))] ?? Infinity;
  return { ...parted(baskets, (row) => (soldAtMs[row] as number) >= heldBackFromMs), heldBackFromMs };
}

function parted(baskets: Baskets, isHeldBack: (row: number) => boolean): Pick<Split, 'train' | 'heldBack'> {
  const [train, heldBack] = [new IntegerList(), new IntegerList()];
  for (let row = 0; row < baskets.length; row++) (isHeldBack(row) ? heldBack : train).push(row);
  return { train: baskets.pick(train.values()), heldBack: baskets.pick(heldBack.values()) };
}
