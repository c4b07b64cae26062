import { describe, expect, it } from '@jest/globals';
import { murmur3 } from './murmur3.js';

describe('murmur3()', () => {
  // The reference implementation's answers with seed 0.
  it.each([
    { text: '', hash: 0 },
    { text: 'a', hash: 0x3c2569b2 },
    { text: 'aa', hash: 0x371091a9 },
    { text: 'hello', hash: 0x248bfa47 },
    { text: 'hello, world', hash: 0x149bbb7f },
    { text: 'The quick brown fox jumps over the lazy dog', hash: 0x2e4ff723 },
  ])('of "$text" is $hash', ({ text, hash }) => {
    expect(murmur3(text)).toBe(hash);
  });
});
