import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Baskets } from './baskets.js';
import { mineItemsets } from './mine-itemsets.js';
import { attractionsOf, shelvesOf } from './shelves.js';

const attractionsIn = (baskets: string[][], minSupport = 0.01) =>
  attractionsOf(mineItemsets(Baskets.ofSkus(baskets), { minSupport, maxLength: 2 }));

describe('attractionsOf()', () => {
  it('tells lift and leverage of the pairs that attract, strongest first', () => {
    const baskets = [['a', 'b'], ['a', 'b'], ['a', 'c'], ['c', 'd'], ['d']];
    expect(attractionsIn(baskets)).toEqual([
      // a and b: 2/5 together, 3/5 * 2/5 by chance
      { pair: ['a', 'b'], baskets: 2, lift: expect.closeTo(5 / 3, 12), leverage: expect.closeTo(0.16, 12) },
      // c and d: 1/5 together, 2/5 * 2/5 by chance
      { pair: ['c', 'd'], baskets: 1, lift: expect.closeTo(1.25, 12), leverage: expect.closeTo(0.04, 12) },
    ]);
  });
});

describe('shelvesOf()', () => {
  it('finds planted neighbours', () => {
    const aisles = [
      ['pasta', 'sauce', 'parmesan'],
      ['nappies', 'wipes'],
      ['beer', 'crisps', 'dip'],
    ];
    const baskets = Array.from({ length: 120 }, (_, at) => {
      const aisle = aisles[at % 3] as string[];
      const taken = aisle.filter((_, good) => (at + good) % 4 !== 0);
      return [...taken, `single-${at % 7}`];
    });
    const shelves = shelvesOf(attractionsIn(baskets, 0.05), 5).filter(({ skus }) => !skus[0]?.startsWith('single'));
    expect(shelves.map(({ skus }) => skus).sort()).toEqual(aisles.map((aisle) => [...aisle].sort()).sort());
  });

  it('puts no good on two shelves, overfills none, and only joins goods that attract', () => {
    const basket = fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        fc.array(basket, { minLength: 2, maxLength: 40 }),
        fc.integer({ min: 2, max: 5 }),
        (baskets, most) => {
          const shelves = shelvesOf(attractionsIn(baskets), most);
          const placed = shelves.flatMap(({ skus }) => skus);
          expect(new Set(placed).size).toBe(placed.length);
          for (const { skus, attractions } of shelves) {
            expect(skus.length).toBeGreaterThanOrEqual(2);
            expect(skus.length).toBeLessThanOrEqual(most);
            expect(attractions.length).toBeGreaterThanOrEqual(skus.length - 1);
          }
        },
      ),
    );
  });
});
