import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { evenly } from './evenly.js';

it('evenly() takes what it may, different ones and in their order', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.integer({ min: 1, max: 100 }), (length, most) => {
      const values = Array.from({ length }, (_, at) => at);
      const taken = evenly(values, most);
      expect(taken).toHaveLength(Math.min(length, most));
      expect([...new Set(taken)].sort((a, b) => a - b)).toEqual(taken);
    }),
  );
});
