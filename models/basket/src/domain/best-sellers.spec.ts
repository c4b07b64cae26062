import { expect, it } from '@jest/globals';
import { bestSellersOf } from './best-sellers.js';

it('orders best sellers by baskets, then by name', () => {
  const baskets = [['b', 'a'], ['c'], ['c']].map((skus, id) => ({ id: String(id), soldAtMs: undefined, skus }));
  expect(bestSellersOf(baskets)).toEqual([
    { sku: 'c', baskets: 2 },
    { sku: 'a', baskets: 1 },
    { sku: 'b', baskets: 1 },
  ]);
});
