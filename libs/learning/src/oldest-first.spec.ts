import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OldestFirst } from './oldest-first.js';

const step = fc.tuple(fc.constantFrom('add', 'delete', 'drop', 'look'), fc.integer({ min: 0, max: 5 }));

describe('OldestFirst', () => {
  it('tells the oldest of those that are there, whatever was added, deleted and added again before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const waiting = new OldestFirst<object>();
        const plain = new Map<string, object>();
        for (const [what, number] of steps) {
          const id = String(number);
          const [first] = plain;
          if (what === 'add' && !plain.has(id)) {
            const value = {};
            waiting.add(id, value);
            plain.set(id, value);
          } else if (what === 'delete') {
            waiting.delete(id);
            plain.delete(id);
          } else if (what === 'drop' && first) {
            waiting.delete(first[0]);
            plain.delete(first[0]);
          } else if (what === 'look') {
            expect(waiting.oldest()?.[1]).toBe(first?.[1]);
          }
        }
        expect([...waiting]).toEqual([...plain]);
      }),
    );
  });
});
