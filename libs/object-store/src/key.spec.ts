import { describe, expect, it } from '@jest/globals';
import { checkKey } from './key.js';

describe('checkKey()', () => {
  it.each(['a', 'sha256/ab/abcd', 'predictions/day=2026-11-21/part-0.parquet', '...', 'a/scratch'])(
    'lets %j be',
    (key) => expect(() => checkKey(key)).not.toThrow(),
  );

  it.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    'a/../b',
    'a/./b',
    'a\\b',
    'a b',
    'ä',
    'a\0b',
    'scratch',
    'scratch/a',
    'a'.repeat(901),
  ])('refuses %j', (key) => expect(() => checkKey(key)).toThrow(RangeError));
});
