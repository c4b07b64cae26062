import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AliasMove } from './decide-alias.js';
import { decideRollBack, previousHolder } from './decide-roll-back.js';

/** Moves as words: "1 2 <1" gives the alias to 1, to 2, and rolls it back to 1; 0 takes it away. */
function history(words: string): AliasMove[] {
  const moves: AliasMove[] = [];
  for (const word of words.split(' ').filter(Boolean)) {
    moves.push({ from: moves.at(-1)?.to ?? 0, to: Number(word.replace('<', '')), rolledBack: word.startsWith('<') });
  }
  return moves;
}
const facts = (words: string) => {
  const past = history(words);
  return { past, holder: past.at(-1)?.to ?? 0, highest: 9 };
};
const wish = (expected?: number) => ({ subject: { kind: 'model', name: 'basket' }, alias: 'champion', expected });

describe('previousHolder()', () => {
  it.each([
    ['', 0],
    ['1', 0],
    ['1 2', 1],
    ['1 2 3', 2],
    ['1 2 <1', 0], // 2 was undone: it is no way forth
    ['1 2 3 <2', 1],
    ['1 2 3 <2 <1', 0],
    ['1 2 <1 3', 1],
    ['1 2 1', 2], // moved there on purpose, not undone
    ['1 2 0', 2],
    ['1 2 0 2', 1],
    ['1 0 1', 0],
  ])('after "%s" is %d', (words, previous) => {
    expect(previousHolder(history(words))).toBe(previous);
  });

  it('leads back to the beginning, never in a circle, whatever happened', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 30 }), (holders) => {
        const past = history(holders.filter((holder, index) => holder !== (holders[index - 1] ?? 0)).join(' '));
        for (let moves = past.length; previousHolder(past) !== 0; moves--) {
          expect(moves).toBeGreaterThan(0);
          const from = past.at(-1)?.to ?? 0;
          expect(previousHolder(past)).not.toBe(from);
          past.push({ from, to: previousHolder(past), rolledBack: true });
        }
      }),
    );
  });
});

describe('decideRollBack()', () => {
  const move = (from: number, to: number) => ({ action: 'move', from, to, rolledBack: true });
  it.each([
    { what: 'the last move', words: '1 2', expected: undefined, decision: move(2, 1) },
    { what: 'it from where it is believed to stand', words: '1 2', expected: 2, decision: move(2, 1) },
    { what: 'a taking away', words: '1 2 0', expected: 0, decision: move(0, 2) },
    { what: 'nothing when it was undone already', words: '1 2 <1', expected: 2, decision: { action: 'stay' } },
  ])('undoes $what', ({ words, expected, decision }) => {
    expect(decideRollBack(wish(expected), facts(words))).toEqual(decision);
  });

  it.each([
    { what: 'another holder', words: '1 2 3', expected: 2, code: 'ALIAS_MOVED', field: 'expected' },
    { what: 'a first holder', words: '1', expected: 1, code: 'PREVIOUS_VERSION_MISSING', field: 'alias' },
    {
      what: 'what was undone to the end',
      words: '1 2 <1',
      expected: 1,
      code: 'PREVIOUS_VERSION_MISSING',
      field: 'alias',
    },
  ])('refuses $what: $code', ({ words, expected, code, field }) => {
    expect(() => decideRollBack(wish(expected), facts(words))).toThrow(expect.objectContaining({ code, field }));
  });

  it('refuses an unknown model', () => {
    expect(() => decideRollBack(wish(), { past: [], holder: 0, highest: 0 })).toThrow(
      expect.objectContaining({ code: 'MODEL_NOT_FOUND' }),
    );
  });
});
