import { itemTensor } from '../domain/item-tensor.js';
import type { BasketSession } from './basket-session.js';

const ROUNDS = 60;
const WARM_UP_ROUNDS = 5;

/** Median time of a row in microseconds when `batch` baskets are asked about at once. */
export async function measureCost(
  session: BasketSession,
  baskets: readonly (readonly string[])[],
  batch: number,
): Promise<number> {
  const times: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const first = (round + WARM_UP_ROUNDS) * batch;
    const rows = Array.from({ length: batch }, (_, row) => baskets[(first + row) % baskets.length] ?? []);
    const items = itemTensor(rows);
    const startedMs = performance.now();
    await session.run(items);
    if (round >= 0) times.push((performance.now() - startedMs) * 1_000);
  }
  const median = times.sort((a, b) => a - b)[ROUNDS / 2] as number;
  return Math.round((median / batch) * 10) / 10;
}
