import { z } from 'zod';
import { firstFault } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import type { BestSeller } from './basket.js';
import { parseJson } from './parse-json.js';

const schema = z.object({
  skus: z.array(z.object({ sku: z.string().min(1), baskets: z.number().int().min(0) })),
});

/** Reads best-sellers.json, most baskets first. Throws ARTIFACT_CORRUPT naming the field when it is not one. */
export function parseBestSellers(text: string): BestSeller[] {
  const { data, error } = schema.safeParse(parseJson(text));
  if (!error) return data.skus.toSorted((a, b) => b.baskets - a.baskets);
  const { field, message } = firstFault(error.issues);
  throw new Problem('ARTIFACT_CORRUPT', `best-sellers.json is not valid at ${field || 'its root'}: ${message}`, {
    field,
  });
}
