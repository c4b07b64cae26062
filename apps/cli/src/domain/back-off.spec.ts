import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backOffMs } from './back-off.js';

describe('backOffMs()', () => {
  it.each([
    [1, 500],
    [2, 1_000],
    [4, 4_000],
    [7, 30_000],
    [5_000, 30_000],
  ])('after death %i in a row is %i ms', (deaths, waitMs) => {
    expect(backOffMs(deaths)).toBe(waitMs);
  });

  it('never shrinks with another death', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (deaths) => {
        expect(backOffMs(deaths + 1)).toBeGreaterThanOrEqual(backOffMs(deaths));
      }),
    );
  });
});
