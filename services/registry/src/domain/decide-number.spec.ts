import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decideNumber } from './decide-number.js';

describe('decideNumber()', () => {
  it.each([
    { same: undefined, highest: 0, decision: { version: 1, created: true } },
    { same: undefined, highest: 41, decision: { version: 42, created: true } },
    { same: 7, highest: 41, decision: { version: 7, created: false } },
  ])('is $decision when the same is $same and the highest $highest', ({ same, highest, decision }) => {
    expect(decideNumber(same, highest)).toEqual(decision);
  });

  it('leaves no gap and gives no number twice, in whatever order contents come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 })), (contents) => {
        const numbers = new Map<number, number>();
        for (const content of contents) {
          const { version, created } = decideNumber(numbers.get(content), Math.max(0, ...numbers.values()));
          expect(created).toBe(!numbers.has(content));
          numbers.set(content, version);
        }
        expect([...numbers.values()]).toEqual([...numbers.keys()].map((_, index) => index + 1));
      }),
    );
  });
});
