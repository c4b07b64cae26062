import { describe, expect, it } from '@jest/globals';
import { isWindowLength, midnightAfter, windowStart } from './sales-window.js';

describe('windowStart()', () => {
  it.each([
    ['6M', '2011-07-01T00:00:00Z', '2011-01-01T00:00:00.000Z'],
    ['1M', '2011-03-31T12:00:00Z', '2011-02-28T12:00:00.000Z'],
    ['12M', '2012-02-29T00:00:00Z', '2011-02-28T00:00:00.000Z'],
    ['14M', '2011-01-15T00:00:00Z', '2009-11-15T00:00:00.000Z'],
    ['2W', '2011-07-01T00:00:00Z', '2011-06-17T00:00:00.000Z'],
    ['30D', '2011-07-01T00:00:00Z', '2011-06-01T00:00:00.000Z'],
  ])('of %s before %s is %s', (length, to, from) => {
    expect(new Date(windowStart(length, Date.parse(to))).toISOString()).toBe(from);
  });

  it.each(['6', 'M', '0M', '6m', '-1M', '6 M', ''])('does not take %j for a length', (text) => {
    expect(isWindowLength(text)).toBe(false);
    expect(() => windowStart(text, 0)).toThrow(RangeError);
  });
});

describe('midnightAfter()', () => {
  it.each([
    ['2011-06-30T23:59:59Z', '2011-07-01T00:00:00.000Z'],
    ['2011-06-30T00:00:00Z', '2011-07-01T00:00:00.000Z'],
  ])('%s is %s', (moment, midnight) => {
    expect(new Date(midnightAfter(Date.parse(moment))).toISOString()).toBe(midnight);
  });
});
