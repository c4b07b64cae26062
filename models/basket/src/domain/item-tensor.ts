import type { Tensor } from '@vinaigrette/signature';

/** Baskets as the model's input `items`: text [B, N], every row padded with "" to the longest one, and to one at least. */
export function itemTensor(baskets: readonly (readonly string[])[]): Tensor {
  const width = baskets.reduce((longest, basket) => Math.max(longest, basket.length), 1);
  const data = baskets.flatMap((basket) => [...basket, ...new Array<string>(width - basket.length).fill('')]);
  return { datatype: 'BYTES', shape: [baskets.length, width], data };
}
