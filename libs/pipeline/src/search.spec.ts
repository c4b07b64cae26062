import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sharesOf } from './halve.js';
import { searchBest } from './search.js';
import { choiceOf, drawFrom, gridOf, seededRandom } from './search-space.js';

const numbers = (text: string) => Number(text);

describe('choiceOf()', () => {
  it.each([
    ['1,2,3', { values: [1, 2, 3] }],
    ['0.5', { values: [0.5] }],
    ['0.1..0.5', { from: 0.1, to: 0.5, whole: false }],
    ['2..9', { from: 2, to: 9, whole: true }],
    ['1e-3..1', { from: 0.001, to: 1, whole: false }],
  ])('reads %s', (text, choice) => expect(choiceOf(text, numbers)).toEqual(choice));

  it.each(['', '1,,2', '5..1'])('refuses %j', (text) => expect(() => choiceOf(text, numbers)).toThrow(RangeError));
});

describe('candidates', () => {
  it('of a grid are all combinations', () => {
    expect(gridOf({ a: { values: [1, 2] }, b: { values: ['x', 'y'] } })).toEqual([
      { a: 1, b: 'x' },
      { a: 1, b: 'y' },
      { a: 2, b: 'x' },
      { a: 2, b: 'y' },
    ]);
    expect(() => gridOf({ a: { from: 0, to: 1, whole: false } })).toThrow(/values of a/);
  });

  it('by chance lie in their bounds, differ, and are the same for the same seed', () => {
    const space = { a: { from: 0.1, to: 0.5, whole: false }, b: { from: 2, to: 9, whole: true } };
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 20 }), (seed, count) => {
        const drawn = drawFrom(space, count, seededRandom(seed));
        expect(drawn).toEqual(drawFrom(space, count, seededRandom(seed)));
        expect(new Set(drawn.map((candidate) => JSON.stringify(candidate))).size).toBe(count);
        for (const { a, b } of drawn as { a: number; b: number }[]) {
          expect(a >= 0.1 && a <= 0.5 && Number.isInteger(b) && b >= 2 && b <= 9).toBe(true);
        }
      }),
    );
  });

  it('are no more than there are', () => {
    expect(drawFrom({ a: { values: [1, 2] } }, 10, seededRandom(1))).toHaveLength(2);
  });
});

describe('searchBest()', () => {
  const candidates = Array.from({ length: 9 }, (_, a) => ({ a }));

  it('stops weak candidates early and gives the best all rows', async () => {
    const { best, trials } = await searchBest(candidates, ({ a }, share) => Promise.resolve((a as number) * share));
    expect(sharesOf(9)).toEqual([1 / 9, 1 / 3, 1]);
    expect(trials.map(({ share }) => share)).toEqual([...Array<number>(9).fill(1 / 9), 1 / 3, 1 / 3, 1 / 3, 1]);
    expect(best).toMatchObject({ number: 8, share: 1, score: 8 });
  });

  it('goes on without a candidate that cannot be trained, and says why', async () => {
    const { best, trials } = await searchBest(candidates, ({ a }) =>
      (a as number) > 4 ? Promise.reject(new RangeError('too many')) : Promise.resolve(a as number),
    );
    expect(best?.candidate).toEqual({ a: 4 });
    expect(trials.filter(({ failure }) => failure === 'too many')).toHaveLength(4);
  });

  it('has no best when none can be trained', async () => {
    const { best } = await searchBest(candidates, () => Promise.reject(new RangeError('no')));
    expect(best).toBeUndefined();
  });

  it('tries a few on all rows at once', async () => {
    const { trials } = await searchBest(candidates.slice(0, 3), () => Promise.resolve(1));
    expect(trials.map(({ share }) => share)).toEqual([1, 1, 1]);
  });
});
