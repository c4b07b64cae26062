import { describe, expect, it } from '@jest/globals';
import { isAbandoned, scratchName } from './scratch-name.js';

const me = { host: 'shop-1.example', pid: 100 };
const alive = (pid: number) => pid === 200;
const hourMs = 60 * 60 * 1_000;

describe('isAbandoned()', () => {
  it.each([
    { whose: 'mine, from before I started', owner: me, ageMs: 0, abandoned: true },
    { whose: 'of a living process here', owner: { ...me, pid: 200 }, ageMs: hourMs, abandoned: false },
    { whose: 'of a dead process here', owner: { ...me, pid: 300 }, ageMs: 0, abandoned: true },
    { whose: 'of another machine', owner: { host: 'shop~2', pid: 300 }, ageMs: hourMs, abandoned: false },
    {
      whose: 'of another machine, a day old',
      owner: { host: 'shop~2', pid: 300 },
      ageMs: 25 * hourMs,
      abandoned: true,
    },
    { whose: 'of a living process here, a day old', owner: { ...me, pid: 200 }, ageMs: 25 * hourMs, abandoned: true },
  ])('is $abandoned for one $whose', ({ owner, ageMs, abandoned }) => {
    expect(isAbandoned(scratchName(owner, 'id'), ageMs, me, alive)).toBe(abandoned);
  });
});
