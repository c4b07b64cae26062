import type { Tensor } from '@vinaigrette/signature';
import type { Item } from './apply-rules.js';

/** The items of a basket once each, in the order they were put in. */
export const differentItems = (basket: readonly string[]): string[] => [...new Set(basket)];

/** The model's input of one basket: `items` BYTES [1, N], N at least 1, padded with "". */
export function basketTensors(items: readonly string[]): Record<string, Tensor> {
  const data = items.length === 0 ? [''] : items;
  return { items: { datatype: 'BYTES', shape: [1, data.length], data } };
}

type Outputs = Readonly<Record<string, Tensor>>;

/** Whether the tensors are a recommender's: `skus` BYTES [B, K] and as many of `confidence` FP32. */
export function namesItems(outputs: Outputs): outputs is Outputs & Record<'skus' | 'confidence', Tensor> {
  const { skus, confidence } = outputs;
  if (skus?.datatype !== 'BYTES' || confidence?.datatype !== 'FP32' || skus.shape[1] === undefined) return false;
  return confidence.data.length === skus.data.length;
}

/**
 * The items of the answer's first row, best first, without those already in the basket. Undefined when the tensors are
 * not a recommender's: `skus` BYTES [B, K], `confidence` FP32 [B, K] and, if they are there, `because` BYTES [B, K, A],
 * `rule` INT64 [B, K]. An empty SKU is an empty slot.
 */
export function recommendedItems(outputs: Outputs, basket: readonly string[]): Item[] | undefined {
  if (!namesItems(outputs)) return undefined;
  const { skus, confidence, because, rule } = outputs;
  const slots = skus.shape[1] ?? 0;
  const antecedents = because?.datatype === 'BYTES' ? (because.shape[2] ?? 0) : 0;
  const mine = new Set(basket);
  const items: Item[] = [];
  for (let slot = 0; slot < slots; slot++) {
    const sku = skus.data[slot] as string;
    if (sku === '' || mine.has(sku)) continue;
    const score = confidence.data[slot] as number;
    const causes = (because?.data ?? []).slice(slot * antecedents, (slot + 1) * antecedents) as string[];
    items.push({
      sku,
      score,
      reasons: [
        {
          kind: 'bought-together',
          because: causes.filter((cause) => cause !== ''),
          confidence: score,
          ...(rule?.datatype === 'INT64' ? { rule: Number(rule.data[slot]) } : {}),
        },
      ],
    });
  }
  return items;
}

/** A line of best-sellers.json: how many baskets of the training sales hold the SKU. */
export interface BestSeller {
  sku: string;
  baskets: number;
}

/** Best sellers as items, best first, without those already in the basket. */
export function bestSellingItems(bestSellers: readonly BestSeller[], basket: readonly string[]): Item[] {
  const most = bestSellers[0]?.baskets ?? 0;
  const mine = new Set(basket);
  return bestSellers
    .filter(({ sku }) => !mine.has(sku))
    .map(({ sku, baskets }) => ({
      sku,
      score: most === 0 ? 0 : baskets / most,
      reasons: [{ kind: 'best-seller', because: [], baskets }],
    }));
}
