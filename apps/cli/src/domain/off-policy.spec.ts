import { describe, expect, it } from '@jest/globals';
import { offPolicy, type LoggedReward } from './off-policy.js';

/** Mulberry32: the same chance in every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A shop that shows `b` to 20 % of its customers and `a` to the others. Half of the customers like `b` better: 0.5
 * against 0.3; the others `a`: 0.4 against 0.2. Each asks three times.
 */
const REWARDS = { likesB: { a: 0.3, b: 0.5, c: 0.9 }, likesA: { a: 0.4, b: 0.2, c: 0.9 } } as const;
type Shown = 'a' | 'b' | 'c';
type Taste = keyof typeof REWARDS;

function log(seed: number, units: number, candidate: (taste: Taste) => Shown): LoggedReward[] {
  const draw = chance(seed);
  return Array.from({ length: units }, (_, n) => {
    const taste: Taste = draw() < 0.5 ? 'likesB' : 'likesA';
    const shown: Shown = draw() < 0.2 ? 'b' : 'a';
    const same = candidate(taste) === shown;
    return Array.from({ length: 3 }, () => ({
      unit: `u${n}`,
      reward: Number(draw() < REWARDS[taste][shown]),
      propensity: shown === 'b' ? 0.2 : 0.8,
      same,
    }));
  }).flat();
}

describe('offPolicy()', () => {
  it.each([
    { what: 'what is in force', candidate: () => 'a', truth: 0.35 },
    { what: 'the other variant', candidate: () => 'b', truth: 0.35 },
    { what: 'each what he likes', candidate: (taste) => (taste === 'likesB' ? 'b' : 'a'), truth: 0.45 },
  ] as { what: string; candidate: (taste: Taste) => Shown; truth: number }[])(
    'holds the value of $what in 95 of 100 intervals, and is right on average',
    ({ candidate, truth }) => {
      const found = Array.from({ length: 200 }, (_, seed) => offPolicy(log(seed, 1_000, candidate)));
      const covered = found.filter(({ snips }) => snips!.low <= truth && truth <= snips!.high).length / found.length;
      expect(covered).toBeGreaterThan(0.92);
      expect(covered).toBeLessThan(0.985);
      for (const value of [(one: (typeof found)[0]) => one.snips!.value, (one: (typeof found)[0]) => one.ips]) {
        expect(found.reduce((sum, one) => sum + value(one), 0) / found.length).toBeCloseTo(truth, 2);
      }
      expect(found.every(({ cannotTell }) => cannotTell === undefined)).toBe(true);
    },
  );

  it('finds the lift over what was shown, and no lift where nothing changes', () => {
    const liked = offPolicy(log(11, 20_000, (taste) => (taste === 'likesB' ? 'b' : 'a')));
    const loggedTruth = 0.5 * (0.8 * 0.3 + 0.2 * 0.5) + 0.5 * (0.8 * 0.4 + 0.2 * 0.2);
    expect(liked.lift!.low).toBeLessThan(0.45 - loggedTruth);
    expect(liked.lift!.high).toBeGreaterThan(0.45 - loggedTruth);
    expect(liked.lift!.low).toBeGreaterThan(0);
    const everywhere = log(7, 500, () => 'a').map((one) => ({ ...one, same: true, propensity: 1 }));
    expect(offPolicy(everywhere)).toMatchObject({ lift: { value: 0, low: 0, high: 0 }, meanWeight: 1 });
  });

  it.each([
    { what: 'nothing was logged', samples: [], says: 'nothing was logged' },
    { what: 'the candidate shows what nobody saw', samples: log(1, 1_000, () => 'c'), says: '0 effective answers' },
    { what: 'there is little of it', samples: log(1, 20, () => 'b'), says: 'fewer than 100' },
    {
      what: 'half of its answers had no chance',
      samples: log(1, 5_000, (taste) => (taste === 'likesB' ? 'c' : 'a')),
      says: 'about 5',
    },
  ])('cannot tell when $what', ({ samples, says }) => {
    expect(offPolicy(samples).cannotTell).toContain(says);
  });

  it('counts the answers of one customer as one: three times the answers do not halve the interval', () => {
    const many = log(3, 2_000, () => 'b');
    const alone = many.map((one, at) => ({ ...one, unit: `answer ${at}` }));
    const width = (samples: LoggedReward[]) => {
      const { snips } = offPolicy(samples);
      return snips!.high - snips!.low;
    };
    expect(width(many)).toBeGreaterThan(width(alone));
  });
});
