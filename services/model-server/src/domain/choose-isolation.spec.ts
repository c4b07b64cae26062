import { describe, expect, it } from '@jest/globals';
import { chooseIsolation } from './choose-isolation.js';

describe('chooseIsolation()', () => {
  const quick = { loadMs: 10, runMs: 0.02, batchRunMs: 0.2 };
  it.each([
    { case: 'a quick model stays near', evidence: { measured: quick, mayLoop: false }, is: 'inline' },
    { case: 'one that may loop does not', evidence: { measured: quick, mayLoop: true }, is: 'process' },
    { case: 'an unproved one does not', evidence: { measured: undefined, mayLoop: false }, is: 'process' },
    { case: 'nor does a slow one', evidence: { measured: { ...quick, runMs: 2 }, mayLoop: false }, is: 'process' },
    {
      case: 'one whose batches are slow',
      evidence: { measured: { ...quick, batchRunMs: 20 }, mayLoop: false },
      is: 'process',
    },
    { case: 'one slow to load', evidence: { measured: { ...quick, loadMs: 500 }, mayLoop: false }, is: 'process' },
  ])('$case', ({ evidence, is }) => expect(chooseIsolation(evidence)).toBe(is));
});
