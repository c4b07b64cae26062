import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { afterAttempt } from './next-attempt.js';

const policy = { firstWaitMs: 5_000, attemptsMax: 9 };
const day = 24 * 60 * 60 * 1_000;

describe('afterAttempt()', () => {
  it.each([
    { outcome: { status: 200 }, attempts: 1, after: { state: 'delivered' } },
    { outcome: { status: 204 }, attempts: 9, after: { state: 'delivered' } },
    { outcome: { status: 302 }, attempts: 1, after: { state: 'pending', waitMs: 5_000 } },
    { outcome: { status: 400 }, attempts: 2, after: { state: 'pending', waitMs: 20_000 } },
    { outcome: { status: 500 }, attempts: 3, after: { state: 'pending', waitMs: 80_000 } },
    { outcome: { error: 'ECONNREFUSED' }, attempts: 8, after: { state: 'pending', waitMs: 81_920_000 } },
    { outcome: { error: 'ECONNREFUSED' }, attempts: 9, after: { state: 'failed' } },
    { outcome: { status: 410 }, attempts: 1, after: { state: 'failed' } },
  ])('is $after after $outcome at attempt $attempts', ({ outcome, attempts, after }) => {
    expect(afterAttempt(outcome, attempts, policy)).toEqual(after);
  });

  it('waits longer each time, at most a day, and gives up in the end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: day }), fc.integer({ min: 1, max: 30 }), (firstWaitMs, attemptsMax) => {
        const waits = Array.from({ length: attemptsMax }, (_, index) =>
          afterAttempt({ status: 500 }, index + 1, { firstWaitMs, attemptsMax }),
        );
        expect(waits.pop()).toEqual({ state: 'failed' });
        const times = waits.map((after) => ('waitMs' in after ? after.waitMs : NaN));
        expect(times).toEqual([...times].sort((one, other) => one - other));
        expect(times.every((time) => time >= 1 && time <= day)).toBe(true);
      }),
    );
  });
});
