import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BUCKETS, bucketOf, drawSide, drawsShadow, propensityOf, type Trial } from './draw.js';

const trial = (shareBps: number, over: Partial<Trial> = {}): Trial => ({
  id: 'r',
  kind: 'canary',
  variant: 'canary',
  shareBps,
  segmentBps: new Map(),
  salt: 'salt',
  step: 0,
  candidate: undefined,
  ...over,
});
const units = Array.from({ length: 20_000 }, (_, at) => `customer-${at}`);

/** Pearson's statistic of counts against equal expectations. */
const chiSquare = (counts: readonly number[]): number => {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
};
/** 0.999 quantile of chi-square (Wilson and Hilferty, 1931): one in a thousand seeds lies above it. */
const limit = (degrees: number): number => degrees * (1 - 2 / (9 * degrees) + 3.09 * Math.sqrt(2 / (9 * degrees))) ** 3;

type Dice = [salt: string, purpose: Parameters<typeof bucketOf>[1]];

describe('bucketOf()', () => {
  it.each(['s1', 's2', 's3'])('spreads units evenly over 100 groups of buckets: %s', (salt) => {
    const counts = new Array<number>(100).fill(0);
    for (const unit of units) counts[Math.floor(bucketOf(salt, 'arm', unit) / 100)]! += 1;
    expect(chiSquare(counts)).toBeLessThan(limit(99));
  });

  it.each([
    { one: ['s1', 'arm'], other: ['s2', 'arm'] },
    { one: ['s1', 'eligible'], other: ['s1', 'arm'] },
    { one: ['s1', 'holdout'], other: ['s1', 'eligible'] },
    { one: ['a-1', 'arm'], other: ['a-2', 'arm'] },
  ] satisfies { one: Dice; other: Dice }[])('draws independently by $one and $other', ({ one, other }) => {
    const cells = new Array<number>(100).fill(0);
    for (const unit of units) {
      const [row, column] = [one, other].map(([salt, purpose]) => Math.floor(bucketOf(salt, purpose, unit) / 1_000));
      cells[row! * 10 + column!]! += 1;
    }
    expect(chiSquare(cells)).toBeLessThan(limit(99));
  });
});

describe('drawSide()', () => {
  it.each([100, 500, 2_500, 5_000, 7_500, 9_900])('gives the candidate %d basis points of the units', (shareBps) => {
    const sides = { candidate: 0, control: 0, outside: 0 };
    for (const unit of units) sides[drawSide(trial(shareBps), unit, []).side] += 1;
    const within = (share: number) => 4 * Math.sqrt(units.length * share * (1 - share)); // four standard deviations
    const share = shareBps / BUCKETS;
    expect(Math.abs(sides.candidate - share * units.length)).toBeLessThan(within(share));
    const control = Math.min(share, 1 - share);
    expect(Math.abs(sides.control - control * units.length)).toBeLessThan(within(control));
  });

  it.each([
    { shareBps: 0, side: 'outside' },
    { shareBps: BUCKETS, side: 'candidate' },
  ])('of every unit at $shareBps is $side', ({ shareBps, side }) => {
    for (const unit of units.slice(0, 1_000)) expect(drawSide(trial(shareBps), unit, []).side).toBe(side);
  });

  it('keeps in who was in, however the share grows', () =>
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(BUCKETS), fc.nat(BUCKETS), (salt, unit, a, b) => {
        const at = (shareBps: number) => drawSide(trial(shareBps, { salt }), unit, []).side;
        if (at(Math.min(a, b)) === 'candidate') expect(at(Math.max(a, b))).toBe('candidate');
      }),
      { numRuns: 1_000 },
    ));

  it('takes the share of the first segment that has one of its own', () => {
    const split = trial(0, {
      segmentBps: new Map([
        ['country=de', BUCKETS],
        ['device=phone', 1],
      ]),
    });
    const shares = [['country=de', 'device=phone'], ['country=fr', 'device=phone'], ['country=fr'], []].map(
      (segments) => drawSide(split, 'u', segments).shareBps,
    );
    expect(shares).toEqual([BUCKETS, 1, 0, 0]);
  });
});

describe('propensityOf()', () => {
  it.each([
    { side: 'candidate', propensity: 0.25 },
    { side: 'control', propensity: 0.75 },
    { side: 'outside', propensity: 0.75 },
  ] as const)('of $side is $propensity at a quarter', ({ side, propensity }) => {
    expect(propensityOf({ ...drawSide(trial(2_500), 'u', []), side })).toBe(propensity);
  });
});

describe('drawsShadow()', () => {
  it('copies the share of the rollout times that of the use case', () => {
    const copied = units.filter((id) => drawsShadow(trial(5_000), id, [], 0.1)).length;
    expect(Math.abs(copied / units.length - 0.05)).toBeLessThan(0.007);
    expect(units.some((id) => drawsShadow(trial(BUCKETS), id, [], 0))).toBe(false);
  });

  it('copies each segment by a share of its own', () => {
    const split = trial(0, { segmentBps: new Map([['country=de', 2_500]]) });
    const copied = (segments: string[]) => units.filter((id) => drawsShadow(split, id, segments, 1)).length;
    expect(copied(['country=fr'])).toBe(0);
    expect(Math.abs(copied(['country=de']) / units.length - 0.25)).toBeLessThan(0.0125); // four standard deviations
  });
});
