import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Baskets } from './baskets.js';
import { leastCount, mineItemsets } from './mine-itemsets.js';
import type { Itemsets } from './itemsets.js';

/** Itemsets as a readable table: sorted items to count. */
function tableOf(itemsets: Itemsets): Map<string, number> {
  const table = new Map<string, number>();
  itemsets.forEach((ranks, count) => {
    const name = ranks
      .map((rank) => itemsets.items[rank])
      .sort()
      .join(' ');
    if (table.has(name)) throw new Error(`${name} is there twice`);
    table.set(name, count);
  });
  return table;
}

/** Every subset of the alphabet, counted basket by basket. */
function bruteForce(baskets: string[][], alphabet: string[], minCount: number): Map<string, number> {
  const table = new Map<string, number>();
  for (let mask = 1; mask < 1 << alphabet.length; mask++) {
    const items = alphabet.filter((_, place) => mask & (1 << place));
    const count = baskets.filter((basket) => items.every((item) => basket.includes(item))).length;
    if (count >= minCount) table.set(items.join(' '), count);
  }
  return table;
}

describe('mineItemsets()', () => {
  const baskets = [['a', 'b', 'c'], ['a', 'b'], ['a', 'c'], ['b'], ['a', 'b', 'c', 'd']];

  it.each([
    { minSupport: 0.8, itemsets: { a: 4, b: 4 } },
    { minSupport: 0.6, itemsets: { a: 4, b: 4, c: 3, 'a b': 3, 'a c': 3 } },
    { minSupport: 0.4, itemsets: { a: 4, b: 4, c: 3, 'a b': 3, 'a c': 3, 'b c': 2, 'a b c': 2 } },
    { minSupport: 0.81, itemsets: {} },
  ])('finds $itemsets at support $minSupport', ({ minSupport, itemsets }) => {
    expect(Object.fromEntries(tableOf(mineItemsets(Baskets.ofSkus(baskets), { minSupport })))).toEqual(itemsets);
  });

  it('finds nothing in no baskets', () => {
    expect(mineItemsets(Baskets.ofSkus([]), { minSupport: 0.5 }).size).toBe(0);
  });

  it('stops at the length asked for', () => {
    expect(mineItemsets(Baskets.ofSkus(baskets), { minSupport: 0.2, maxLength: 1 }).sizes()).toEqual([4]);
    expect(mineItemsets(Baskets.ofSkus(baskets), { minSupport: 0.2, maxLength: 3 }).sizes()).toEqual([4, 6, 4]);
    expect(mineItemsets(Baskets.ofSkus(baskets), { minSupport: 0.2 }).sizes()).toEqual([4, 6, 4, 1]);
  });

  it('gives up on more itemsets than it may hold', () => {
    const twins = [Array.from({ length: 24 }, (_, item) => `item${item}`)];
    expect(() => mineItemsets(Baskets.ofSkus(twins), { minSupport: 1, itemsetsMax: 1_000 })).toThrow(
      expect.objectContaining({ code: 'ITEMSETS_TOO_MANY', field: 'minSupport' }),
    );
  });

  const alphabet = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const someBaskets = fc.array(fc.subarray(alphabet), { minLength: 1, maxLength: 80 });

  it('finds what counting every subset finds', () =>
    fc.assert(
      fc.property(someBaskets, fc.double({ min: 0.01, max: 1, noNaN: true }), (baskets, minSupport) => {
        const expected = bruteForce(baskets, alphabet, leastCount(minSupport, baskets.length));
        expect(tableOf(mineItemsets(Baskets.ofSkus(baskets), { minSupport }))).toEqual(expected);
      }),
    ));

  it('answers the count of every itemset it holds, and of no other', () =>
    fc.assert(
      fc.property(someBaskets, (baskets) => {
        const itemsets = mineItemsets(Baskets.ofSkus(baskets), { minSupport: 0.2 });
        itemsets.forEach((ranks, count) => expect(itemsets.count(ranks)).toBe(count));
        const everything = [...itemsets.items.keys()];
        const inAll = baskets.filter((basket) => itemsets.items.every((item) => basket.includes(item))).length;
        const frequent = inAll / baskets.length >= 0.2;
        expect(itemsets.count(everything)).toBe(frequent ? inAll : undefined);
      }),
    ));
});

describe('leastCount()', () => {
  it.each([
    { minSupport: 0.01, baskets: 9835, count: 99 },
    { minSupport: 0.006, baskets: 9835, count: 60 },
    { minSupport: 0.001, baskets: 9835, count: 10 },
    { minSupport: 0.1, baskets: 30, count: 3 }, // 0.1 * 30 is a little above 3
    { minSupport: 1, baskets: 7, count: 7 },
    { minSupport: 0.0001, baskets: 10, count: 1 },
  ])('is $count of $baskets baskets at $minSupport', ({ minSupport, baskets, count }) => {
    expect(leastCount(minSupport, baskets)).toBe(count);
  });

  it('is the first count whose share reaches the support', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 1e-6, max: 1, noNaN: true }),
        (all, support) => {
          const count = leastCount(support, all);
          expect(count / all).toBeGreaterThanOrEqual(support);
          expect(count === 1 || (count - 1) / all < support).toBe(true);
        },
      ),
    ));
});
