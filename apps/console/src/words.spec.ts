import { describe, expect, it } from '@jest/globals';
import { agoWords, shiftWords, pValueWords, rangeWords, shareWords, stateWords } from './words.js';

describe('words for figures', () => {
  it.each([
    [0, '0.0 %'],
    [0.0001, '< 0.1 %'],
    [0.0005, '0.1 %'],
    [0.12345, '12.3 %'],
    [1, '100.0 %'],
    [null, '–'],
  ])('a share of %p is %p', (share, words) => expect(shareWords(share)).toBe(words));

  it.each([
    [undefined, '–'],
    [0, '< 0.0001'],
    [0.05, '0.0500'],
    [1, '1.0000'],
  ])('a p-value of %p is %p', (p, words) => expect(pValueWords(p)).toBe(words));

  it.each([
    [undefined, 'Not measured'],
    [0, 'Small shift'],
    [0.999, 'Small shift'],
    [1, 'Moderate shift'],
    [2.5, 'Large shift'],
  ])('%p times its floor is a %p', (effect, word) => expect(shiftWords(effect).word).toBe(word));

  it.each([
    ['ALERT_STATE_FIRING', { word: 'Firing', tone: 'bad' }],
    ['FIRING', { word: 'Firing', tone: 'bad' }],
    ['ALERT_STATE_OK', { word: 'OK', tone: 'good' }],
    [null, { word: 'Not judged yet', tone: 'quiet' }],
  ] as const)('the state %p', (state, words) => expect(stateWords(state)).toEqual(words));
});

describe('words for times', () => {
  const noon = Date.UTC(2026, 6, 1, 12);
  it.each([
    [noon, 'just now'],
    [noon - 59_000, 'just now'],
    [noon - 60_000, '1 minute ago'],
    [noon - 3 * 3_600_000, '3 hours ago'],
    [noon - 86_400_000, '1 day ago'],
    [noon + 60_000, 'just now'],
  ])('%p is %p', (ms, words) => expect(agoWords(ms, noon)).toBe(words));

  it('a range tells its day once, or both', () => {
    expect(rangeWords(noon, noon + 3_600_000)).toBe('2026-07-01 12:00 to 13:00');
    expect(rangeWords(noon, noon + 86_400_000)).toBe('2026-07-01 12:00 to 2026-07-02 12:00');
  });
});
