import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { enqueue, nextBatch, type Queued } from './next-batch.js';

const request = (rows: number | undefined, key: string, more: Partial<Queued> = {}): Queued => ({
  rows,
  key,
  priority: 1,
  sinceMs: 0,
  lateAtMs: Infinity,
  delayed: false,
  ...more,
});
const queue = (...entries: [number | undefined, string][]) =>
  entries.map(([rows, key], at) => ({ ...request(rows, key), at }));
const places = (entries: { at: number }[]) => entries.map(({ at }) => at);
const atOnce = { batchRowsMax: 4, batchRowsPreferred: [], batchDelayMs: 0 };

describe('nextBatch()', () => {
  it.each([
    { case: 'nothing waits', waiting: queue(), takes: [], leaves: [] },
    { case: 'all fit', waiting: queue([1, 'a'], [2, 'a']), takes: [0, 1], leaves: [] },
    { case: 'another shape is in between', waiting: queue([1, 'a'], [1, 'b'], [1, 'a']), takes: [0, 2], leaves: [1] },
    { case: 'the head must run alone', waiting: queue([undefined, ''], [1, 'a']), takes: [0], leaves: [1] },
    {
      case: 'the second must run alone',
      waiting: queue([1, 'a'], [undefined, ''], [1, 'a']),
      takes: [0, 2],
      leaves: [1],
    },
    { case: 'the second is too many', waiting: queue([3, 'a'], [2, 'a'], [1, 'a']), takes: [0, 2], leaves: [1] },
    { case: 'the head alone is too many', waiting: queue([9, 'a'], [1, 'a']), takes: [0], leaves: [1] },
  ])('of four rows at most, when $case', ({ waiting, takes, leaves }) => {
    const { batch, rest, waitMs } = nextBatch(waiting, atOnce, 0);
    expect([places(batch), places(rest), waitMs]).toEqual([takes, leaves, undefined]);
  });

  const patient = { batchRowsMax: 8, batchRowsPreferred: [2, 4], batchDelayMs: 10 };
  const rows = (count: number) => queue(...Array.from({ length: count }, () => [1, 'a'] as [number, string]));
  it.each([
    { case: 'one waits for a second', count: 1, nowMs: 4, takes: 0, waitMs: 6 },
    { case: 'one has waited long enough', count: 1, nowMs: 10, takes: 1, waitMs: undefined },
    { case: 'two are a preferred size', count: 2, nowMs: 0, takes: 2, waitMs: undefined },
    { case: 'of three, two go', count: 3, nowMs: 0, takes: 2, waitMs: undefined },
    { case: 'of nine, four go', count: 9, nowMs: 99, takes: 4, waitMs: undefined },
  ])('with preferred sizes 2 and 4 and a delay of 10 ms: $case', ({ count, nowMs, takes, waitMs }) => {
    const next = nextBatch(rows(count), patient, nowMs);
    expect([next.batch.length, next.waitMs]).toEqual([takes, waitMs]);
    expect(next.rest).toHaveLength(count - takes);
  });

  it('waits for nobody once the largest batch is full', () => {
    expect(nextBatch(rows(4), { ...atOnce, batchDelayMs: 10 }, 0).batch).toHaveLength(4);
  });

  const anyRequest: fc.Arbitrary<Queued> = fc
    .tuple(fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }), fc.constantFrom('a', 'b'))
    .map(([count, key]) => request(count, key));
  it('serves everybody once, the head first, and joins only what may be joined', () =>
    fc.assert(
      fc.property(
        fc.array(anyRequest),
        fc.integer({ min: 1, max: 12 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 12 })),
        (waiting, batchRowsMax, preferred) => {
          const batchRowsPreferred = preferred.filter((size) => size <= batchRowsMax).sort((a, b) => a - b);
          const served: Queued[] = [];
          for (let rest = waiting; rest.length > 0;) {
            const next = nextBatch(rest, { batchRowsMax, batchRowsPreferred, batchDelayMs: 5 }, 5);
            expect(next.batch[0]).toBe(rest[0]);
            if (next.batch.length > 1) {
              expect(next.batch.reduce((sum, one) => sum + (one.rows ?? Infinity), 0)).toBeLessThanOrEqual(
                batchRowsMax,
              );
              expect(new Set(next.batch.map(({ key }) => key)).size).toBe(1);
            }
            served.push(...next.batch);
            rest = next.rest;
          }
          expect(new Set(served)).toEqual(new Set(waiting));
          expect(served).toHaveLength(waiting.length);
        },
      ),
    ));
});

describe('enqueue()', () => {
  const anyPlace = fc.record({ priority: fc.integer({ min: 1, max: 3 }), delayed: fc.boolean() });
  it('keeps the urgent before the others, what is late behind all, and equals in the order they came', () =>
    fc.assert(
      fc.property(fc.array(anyPlace), (arrivals) => {
        const waiting: (Queued & { at: number })[] = [];
        arrivals.forEach((more, at) => enqueue(waiting, { ...request(1, 'a', more), at }));
        const sorted = [...waiting].sort(
          (a, b) => Number(a.delayed) - Number(b.delayed) || a.priority - b.priority || a.at - b.at,
        );
        expect(waiting).toEqual(sorted);
      }),
    ));
});
