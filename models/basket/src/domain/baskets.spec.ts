import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { questionOf, type Basket } from './basket.js';
import { Baskets } from './baskets.js';
import { evenly } from './evenly.js';

const some = fc
  .array(
    fc.record({
      soldAtMs: fc.constantFrom(undefined, 5, 15),
      skus: fc.uniqueArray(fc.constantFrom('milk', 'sugar', 'tea', 'bread'), { minLength: 1 }),
    }),
    { maxLength: 30 },
  )
  .map((all): Basket[] => all.map((basket, id) => ({ id: String(id), ...basket })));

describe('Baskets', () => {
  it('gives back what it was made of, as a whole, in part, and after a copy of its plain values', () => {
    fc.assert(
      fc.property(some, fc.nat(), (all, seed) => {
        const baskets = Baskets.of(all);
        expect([...baskets]).toEqual(all);
        expect([...new Baskets(structuredClone({ ...baskets }))]).toEqual(all);
        const rows = [...all.keys()].filter((row) => (seed >> (row % 31)) & 1).reverse();
        expect([...baskets.pick(rows)]).toEqual(rows.map((row) => all[row]));
      }),
    );
  });

  it('counts, lists and asks as the single baskets do', () => {
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 10 }), (all, most) => {
        const part = Baskets.of(all).evenly(most); // of a vocabulary that may hold more
        const plain = evenly(all, most);
        const sold = plain.flatMap(({ skus }) => skus);
        expect(part.soldSkus()).toEqual([...new Set(sold)]);
        const counts = part.skus.map((sku) => sold.filter((other) => other === sku).length);
        expect([...part.counts()]).toEqual(counts);
        expect(part.questions(most)).toEqual(plain.map(questionOf).filter((question) => question !== undefined));
      }),
    );
  });
});
