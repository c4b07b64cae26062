import { describe, expect, it } from '@jest/globals';
import { chooseExpired, type FinishedSegment } from './retention.js';

const day = 86_400_000;
const retention = { retentionBytesMax: 250, retentionAgeMsMax: 7 * day, retentionHardBytesMax: 350 };

/** Segments of 100 bytes and 10 records each, written one a day; the open one holds 50 bytes. */
const segments = (count: number): FinishedSegment[] =>
  Array.from({ length: count }, (_, i) => {
    const first = BigInt(10 * i + 1);
    return { number: i + 1, first, last: first + 9n, bytes: 100, writtenAtMs: i * day };
  });

describe('chooseExpired()', () => {
  it.each([
    { when: 'there is room', count: 2, atDay: 2, shippedNext: undefined, deleted: [], unshipped: 0 },
    { when: 'the size is over', count: 4, atDay: 4, shippedNext: undefined, deleted: [1, 2], unshipped: 0 },
    { when: 'one is too old', count: 2, atDay: 7.5, shippedNext: undefined, deleted: [1], unshipped: 0 },
    { when: 'all are too old', count: 2, atDay: 30, shippedNext: undefined, deleted: [1, 2], unshipped: 0 },
    { when: 'the old one is not shipped', count: 2, atDay: 30, shippedNext: 0n, deleted: [], unshipped: 0 },
    { when: 'the old one is half shipped', count: 2, atDay: 30, shippedNext: 5n, deleted: [], unshipped: 0 },
    { when: 'only the first is shipped', count: 2, atDay: 30, shippedNext: 11n, deleted: [1], unshipped: 0 },
    {
      when: 'nothing is shipped above the hard limit',
      count: 4,
      atDay: 4,
      shippedNext: 0n,
      deleted: [1],
      unshipped: 10,
    },
    { when: 'half is shipped above it', count: 4, atDay: 4, shippedNext: 6n, deleted: [1], unshipped: 5 },
  ])('deletes $deleted when $when', ({ count, atDay, shippedNext, deleted, unshipped }) => {
    const expired = chooseExpired(segments(count), 50, atDay * day, retention, shippedNext);
    expect(expired.map(({ segment }) => segment.number)).toEqual(deleted);
    expect(expired.reduce((sum, { unshippedRecords }) => sum + unshippedRecords, 0)).toBe(unshipped);
  });

  it('deletes empty segments that starts have left, young or not', () => {
    const empty = [1, 2].map((number) => ({ number, first: 11n, last: 10n, bytes: 28, writtenAtMs: 0 }));
    expect(chooseExpired(empty, 28, 0, retention, 0n)).toHaveLength(2);
  });
});
