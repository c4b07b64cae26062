import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PlacesOfNumbers } from './places-of-numbers.js';

describe('PlacesOfNumbers', () => {
  it('says what a Map says, of numbers that share their low bits, their high bits, or nothing', () => {
    const pair = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }));
    const number = fc.oneof(
      pair.map(([low, high]) => low * 2 ** 24 + high),
      fc.integer({ min: 0, max: 2 ** 29 - 1 }).map((low) => low * 2 ** 24),
      fc.maxSafeNat(),
    );
    fc.assert(
      fc.property(fc.array(number, { maxLength: 3_000, size: 'max' }), fc.array(number), (known, asked) => {
        const places = new PlacesOfNumbers();
        const plain = new Map<number, number>();
        known.forEach((one, place) => {
          places.set(one, place);
          plain.set(one, place);
        });
        const all = [...known, ...asked];
        expect(all.map((one) => places.get(one))).toEqual(all.map((one) => plain.get(one)));
      }),
    );
  });
});
