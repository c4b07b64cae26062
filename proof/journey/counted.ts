import type { House } from './house.js';
import { drift } from './shop.js';

/** How many predictions of the basket's first version the monitor has counted so far; nothing is 0. */
export async function counted(house: House): Promise<number> {
  const window = { from: Date.now() - 3_600_000, to: Date.now() + 300_000 };
  return Number((await drift(house, { model: 'basket', ...window })).predictions);
}
