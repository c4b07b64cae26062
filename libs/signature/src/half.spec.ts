import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { halfBitsOf, numberOfHalf } from './half.js';

describe('half precision', () => {
  it.each([
    { number: 1, bits: 0x3c00 },
    { number: -2, bits: 0xc000 },
    { number: 65_504, bits: 0x7bff },
    { number: 65_519, bits: 0x7bff },
    { number: 65_520, bits: 0x7c00 },
    { number: 2 ** -24, bits: 0x0001 },
    { number: 2 ** -25, bits: 0x0000 },
    { number: 2 ** -25 * 1.5, bits: 0x0001 },
    { number: -0, bits: 0x8000 },
    { number: -Infinity, bits: 0xfc00 },
    { number: NaN, bits: 0x7e00 },
    { number: 1 + 2 ** -11, bits: 0x3c00 },
    { number: 1 + 3 * 2 ** -11, bits: 0x3c02 },
    { number: 0.1, bits: 0x2e66 },
  ])('writes $number as $bits', ({ number, bits }) => {
    expect(halfBitsOf(number)).toBe(bits);
  });

  it('reads and writes each of the 65,536 as it was, NaN as one of them', () => {
    const all = Array.from({ length: 65_536 }, (_, bits) => bits);
    const wrong = all.filter((bits) => !Number.isNaN(numberOfHalf(bits)) && halfBitsOf(numberOfHalf(bits)) !== bits);
    expect(wrong).toEqual([]);
  });

  it('takes the nearest', () =>
    fc.assert(
      fc.property(fc.float({ min: -65_504, max: 65_504, noNaN: true }), (number) => {
        const bits = halfBitsOf(number);
        const away = Math.abs(numberOfHalf(bits) - number);
        for (const other of [bits - 1, bits + 1].filter((near) => (near & 0x7c00) !== 0x7c00 && near >= 0)) {
          expect(away).toBeLessThanOrEqual(Math.abs(numberOfHalf(other) - number));
        }
      }),
    ));
});
