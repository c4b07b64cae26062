import { describe, expect, it } from '@jest/globals';
import { progressLine, secondsLeft } from './progress.js';

const half = { rows: 500, total: 1_000, rejected: 0, ownRows: 500, elapsedMs: 2_000 };

describe('progressLine()', () => {
  it.each([
    { what: 'half of it', progress: half, line: '[############------------]  50 %  500 rows  250 rows/s  0:02 left' },
    {
      what: 'a run that goes on: its rate is its own',
      progress: { ...half, ownRows: 100, rejected: 3 },
      line: '[############------------]  50 %  500 rows  50 rows/s  3 rejected  0:10 left',
    },
    {
      what: 'more rows than were counted',
      progress: { ...half, rows: 1_200 },
      line: '[########################] 100 %  1,200 rows  250 rows/s  0:00 left',
    },
    { what: 'no end that is known', progress: { ...half, total: undefined }, line: '500 rows  250 rows/s' },
    {
      what: 'the very start',
      progress: { ...half, rows: 0, ownRows: 0, elapsedMs: 0 },
      line: '[------------------------]   0 %  0 rows  0 rows/s  ? left',
    },
    {
      what: 'hours to go',
      progress: { ...half, rows: 1, total: 10_001, ownRows: 1, elapsedMs: 1_000 },
      line: '[------------------------]   0 %  1 rows  1 rows/s  2:46:40 left',
    },
  ])('tells of $what', ({ progress, line }) => expect(progressLine(progress)).toBe(line));
});

describe('secondsLeft()', () => {
  it('is not told while there is no rate', () => expect(secondsLeft({ ...half, ownRows: 0 })).toBeUndefined());
});
