import { z } from 'zod';
import type { TableSource } from '@vinaigrette/tables';
import { parseOptions } from '@vinaigrette/training';
import { readSales, type SalesChoice } from './adapters/read-sales.js';
import { mineItemsets } from './domain/mine-itemsets.js';
import { attractionsOf, shelvesOf, type Shelf } from './domain/shelves.js';

const schema = z.object({
  /** Least share of the baskets that hold a pair. */
  minSupport: z.number().gt(0).max(1).default(0.005),
  /** Most goods of a shelf. */
  goodsMax: z.number().int().min(2).max(100).default(8),
});

export type ShelfOptions = z.input<typeof schema>;
export const shelfDefaults = schema.parse({});

/**
 * Which goods of a shop belong side by side, best shelf first. Throws what `readSales` throws, or
 * ITEMSETS_TOO_MANY.
 */
export async function planShelves(source: TableSource & SalesChoice, options: ShelfOptions = {}): Promise<Shelf[]> {
  const { minSupport, goodsMax } = parseOptions(schema, options);
  const { baskets } = await readSales(source);
  return shelvesOf(attractionsOf(mineItemsets(baskets, { minSupport, maxLength: 2 })), goodsMax);
}
