import { describe, expect, it } from '@jest/globals';
import { performanceSchema } from '@vinaigrette/documents';
import { brokenInARow, lookAtGuard, whyNotRollBack, type Guard, type GuardLook } from './guard.js';

const guardOf = (fields: object): Guard =>
  performanceSchema.parse({ model: 'basket', task: { kind: 'ranking' }, guard: { labelledMin: 100, ...fields } })
    .guard!;
const hits = guardOf({ measure: 'hitRateAt5', floor: 0.2 });
const errors = guardOf({ measure: 'mae', floor: 10 });
const estimate = (low: number | null, high: number | null, n = 100) => ({ value: 0, low, high, n });

describe('lookAtGuard()', () => {
  it.each([
    { guard: hits, measured: estimate(0.1, 0.19), kind: 'broken' },
    { guard: hits, measured: estimate(0.1, 0.21), kind: 'open' },
    { guard: hits, measured: estimate(0.2, 0.3), kind: 'kept' },
    { guard: hits, measured: estimate(0.1, 0.19, 99), kind: 'open' },
    { guard: hits, measured: estimate(null, null), kind: 'open' },
    { guard: hits, measured: undefined, kind: 'open' },
    { guard: errors, measured: estimate(10.1, 12), kind: 'broken' },
    { guard: errors, measured: estimate(9, 12), kind: 'open' },
    { guard: errors, measured: estimate(8, 10), kind: 'kept' },
  ])('is $kind for $measured', ({ guard, measured, kind }) => {
    expect(lookAtGuard(guard, measured).kind).toBe(kind);
  });
});

it('counts broken windows in a row, which one without proof neither ends nor adds to', () => {
  const looks = (['broken', 'open', 'broken', 'kept', 'broken'] as const).map((kind): GuardLook => ({ kind, why: '' }));
  const counts: number[] = [];
  looks.reduce((before, look) => (counts.push(brokenInARow(before, look)), counts.at(-1)!), 0);
  expect(counts).toEqual([1, 1, 2, 0, 1]);
});

describe('whyNotRollBack()', () => {
  const facts = { previous: 1, previousBroken: false, takenBackBefore: false, lastMs: undefined, nowMs: 1e9 };
  it.each([
    { given: {}, why: undefined },
    { given: { previous: 0 }, why: /no version held/ },
    { given: { previousBroken: true }, why: /broke its guard too/ },
    { given: { takenBackBefore: true }, why: /taken back once/ },
    { given: { lastMs: 1e9 - 7 * 86_400_000 + 1 }, why: /cooldown/ },
    { given: { lastMs: 1e9 - 7 * 86_400_000 }, why: undefined },
  ])('says $why of $given', ({ given, why }) => {
    const said = whyNotRollBack(hits, { ...facts, ...given });
    if (why) expect(said).toMatch(why);
    else expect(said).toBeUndefined();
  });
});
