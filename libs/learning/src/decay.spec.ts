import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Decay } from './decay.js';

const DAY_MS = 86_400_000;
const decay = new Decay(7 * DAY_MS);
const time = fc.integer({ min: Date.UTC(2022, 0), max: Date.UTC(2030, 0) });
const era = decay.eraOf(Date.UTC(2026, 0));

describe('Decay', () => {
  it.each([
    { later: 0, share: 1 },
    { later: 7, share: 0.5 },
    { later: 14, share: 0.25 },
    { later: 210, share: 2 ** -30 },
  ])('weighs an event $share of one $later days later', ({ later, share }) => {
    const atMs = Date.UTC(2026, 5, 1);
    expect(decay.weight(atMs, era) / decay.weight(atMs + later * DAY_MS, era)).toBe(share);
  });

  it('is the exponential, within what a step and a grain are wide', () => {
    fc.assert(
      fc.property(time, time, (a, b) => {
        const ratio = decay.weight(a, era) / decay.weight(b, era);
        expect(Math.abs(ratio / 2 ** ((a - b) / decay.halfLifeMs) - 1)).toBeLessThan(0.026);
      }),
    );
  });

  it('sums the same in every order, bit for bit', () => {
    const recent = fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2026, 5) });
    fc.assert(
      fc.property(fc.array(recent, { maxLength: 500 }), (times) => {
        const sum = (list: number[]) => list.reduce((total, atMs) => total + decay.weight(atMs, era), 0);
        expect(sum([...times].sort())).toBe(sum(times));
      }),
    );
  });

  it('turns sums from one era into another without rounding', () => {
    fc.assert(
      fc.property(time, (atMs) => {
        const there = era - 1;
        expect(decay.weight(atMs, era)).toBe(decay.weight(atMs, there) * decay.factor(there, era));
      }),
    );
  });

  it('refuses a half-life of nothing', () => {
    expect(() => new Decay(0)).toThrow(RangeError);
  });
});
