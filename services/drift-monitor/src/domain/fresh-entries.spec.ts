import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { freshEntries, type Place } from './fresh-entries.js';

const at = (offset: number, sequence = offset, gatewayId = 'a'): Place => {
  return { offset: BigInt(offset), sequence: BigInt(sequence), gatewayId };
};

describe('freshEntries()', () => {
  it.each([
    { what: 'all of a first batch', entries: [at(0), at(1)], next: 0, seen: -1, fresh: 2, then: 2 },
    { what: 'nothing of a batch read again', entries: [at(0), at(1)], next: 2, seen: 1, fresh: 0, then: 2 },
    { what: 'the end of one that overlaps', entries: [at(1), at(2)], next: 2, seen: 1, fresh: 1, then: 3 },
    { what: 'no sequence shipped twice', entries: [at(2, 0), at(3, 1), at(4, 2)], next: 2, seen: 1, fresh: 1, then: 5 },
    {
      what: 'no sequence twice in one batch',
      entries: [at(0, 7), at(1, 7), at(2, 8)],
      next: 0,
      seen: -1,
      fresh: 2,
      then: 3,
    },
    { what: 'what comes after a gap', entries: [at(9, 9)], next: 2, seen: 1, fresh: 1, then: 10 },
    { what: 'another gateway, whatever its sequence', entries: [at(2, 0, 'b')], next: 2, seen: 1, fresh: 1, then: 3 },
  ])('takes $what', ({ entries, next, seen, fresh, then }) => {
    const result = freshEntries(entries, BigInt(next), new Map(seen < 0 ? [] : [['a', BigInt(seen)]]));
    expect(result.fresh).toHaveLength(fresh);
    expect(result.duplicates).toBe(entries.length - fresh);
    expect(result.next).toBe(BigInt(then));
  });

  it('takes each record once, however the log is cut and read again', () => {
    const gateways = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 60 });
    const cuts = fc.array(fc.tuple(fc.nat(60), fc.nat(20)), { maxLength: 30 });
    fc.assert(
      fc.property(gateways, cuts, (owners, reads) => {
        const log = owners.map((gatewayId, offset) =>
          at(offset, owners.slice(0, offset).filter((g) => g === gatewayId).length, gatewayId),
        );
        let [next, seen]: [bigint, ReadonlyMap<string, bigint>] = [0n, new Map()];
        const taken: Place[] = [];
        // A reader goes back as it likes, and never beyond what was consumed.
        for (const [back, length] of [...reads, [60, 60] as const]) {
          const from = Math.max(0, Number(next) - back);
          const result = freshEntries(log.slice(from, from + length), next, seen);
          [next, seen] = [result.next, result.lastSequences];
          taken.push(...result.fresh);
        }
        for (let rest = Number(next); rest < log.length; rest++) {
          const result = freshEntries([log[rest]!], next, seen);
          [next, seen] = [result.next, result.lastSequences];
          taken.push(...result.fresh);
        }
        expect(taken).toEqual(log);
      }),
    );
  });
});
