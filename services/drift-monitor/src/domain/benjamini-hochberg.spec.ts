import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { benjaminiHochberg } from './benjamini-hochberg.js';

describe('benjaminiHochberg()', () => {
  it.each([
    { what: 'nothing', p: [], q: [] },
    { what: 'one test', p: [0.03], q: [0.03] },
    { what: 'equal ones', p: [0.04, 0.04], q: [0.04, 0.04] },
    { what: 'the order of the tests', p: [0.04, 0.01, 0.03, 0.005], q: [0.04, 0.02, 0.04, 0.02] },
    { what: 'a q that a larger p brings down', p: [0.01, 0.011, 0.9], q: [0.0165, 0.0165, 0.9] },
  ])('keeps $what', ({ p, q }) => {
    expect(benjaminiHochberg(p).map((value) => Number(value.toFixed(10)))).toEqual(q);
  });

  it('never lowers a p-value, never passes 1, and keeps their order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (p) => {
        const q = benjaminiHochberg(p);
        q.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(p[i]!);
          expect(value).toBeLessThanOrEqual(1);
          p.forEach((other, j) => other <= p[i]! && expect(q[j]).toBeLessThanOrEqual(value));
        });
      }),
    );
  });
});
