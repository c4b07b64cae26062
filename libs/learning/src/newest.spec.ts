import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isHeldOut } from './is-held-out.js';
import { Newest } from './newest.js';

const dated = fc.record({ atMs: fc.integer({ min: 0, max: 20 }), id: fc.uuid() });

describe('Newest', () => {
  it('keeps the last by time and id, whatever the order, and wherever it was saved in between', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(dated, { selector: ({ id }) => id, maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(60),
        (items, limit, cut) => {
          const sorted = [...items].sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1)).slice(-limit);
          const first = new Newest(limit);
          for (const item of items.slice(0, cut)) first.add(item);
          const second = new Newest(limit, first.toArray());
          for (const item of items.slice(cut)) second.add(item);
          expect(second.toArray()).toEqual(sorted);
        },
      ),
    );
  });
});

describe('isHeldOut()', () => {
  it('holds out its share of ids, the same ones each time', () => {
    const ids = Array.from({ length: 20_000 }, (_, n) => `0192d3a0-0000-7000-8000-${String(n).padStart(12, '0')}`);
    const held = ids.filter((id) => isHeldOut(id, 0.1));
    expect(Math.abs(held.length - 2_000)).toBeLessThan(200);
    expect(held.every((id) => isHeldOut(id, 0.2))).toBe(true);
    expect(ids.some((id) => isHeldOut(id, 0))).toBe(false);
  });
});
