import { expect, it } from '@jest/globals';
import { Baskets } from './baskets.js';
import { bestSellersOf } from './best-sellers.js';

it('orders best sellers by baskets, then by name', () => {
  const baskets = Baskets.ofSkus([['b', 'a'], ['c'], ['c']]);
  expect(bestSellersOf(baskets)).toEqual([
    { sku: 'c', baskets: 2 },
    { sku: 'a', baskets: 1 },
    { sku: 'b', baskets: 1 },
  ]);
});
