import { describe, expect, it } from '@jest/globals';
import { durationMs, sharesBps, timeMs, wholeNumber } from './words.js';

describe('durationMs()', () => {
  it.each([
    ['0s', 0],
    ['250ms', 250],
    ['90s', 90_000],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ])('%s is %d', (word, ms) => {
    expect(durationMs(word)).toBe(ms);
  });

  it.each(['', '10', 'm', '-1s', '1.5h', '10 m'])('refuses "%s"', (word) => {
    expect(() => durationMs(word)).toThrow('90s, 10m, 2h');
  });
});

describe('sharesBps()', () => {
  it.each([
    ['1,5,25,50,100', [100, 500, 2_500, 5_000, 10_000]],
    ['0.01', [1]],
    ['12.5, 50', [1_250, 5_000]],
  ])('%s is %j', (words, shares) => {
    expect(sharesBps(words)).toEqual(shares);
  });

  it.each(['', '1,', 'half', '0.001', '-1'])('refuses "%s"', (words) => {
    expect(() => sharesBps(words)).toThrow('percentages');
  });
});

describe('wholeNumber()', () => {
  it.each([
    ['0', 0],
    ['9100', 9_100],
  ])('%s is %d', (word, number) => {
    expect(wholeNumber(word)).toBe(number);
  });

  it.each(['', '-1', '1.5', '1e3', 'many'])('refuses "%s"', (word) => {
    expect(() => wholeNumber(word)).toThrow('whole number');
  });
});

describe('timeMs()', () => {
  it.each([
    ['1970-01-02', 86_400_000],
    ['1970-01-01T00:01Z', 60_000],
    ['1970-01-01T01:00:00.5+01:00', 500],
  ])('%s is %d', (word, ms) => {
    expect(timeMs(word)).toBe(ms);
  });

  it.each(['', 'yesterday', '1970-01-01T00:01', '1970-13-01', '12'])('refuses "%s"', (word) => {
    expect(() => timeMs(word)).toThrow('2026-11-21T12:00Z');
  });
});
