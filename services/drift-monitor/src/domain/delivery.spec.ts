import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { failedOf, isFinal, nextEdge, RENEW_MS, toldOf, untold, type Manner, type Told } from './delivery.js';

const MINUTE_MS = 60_000;
const firing: Told = { ...untold, edge: 'firing', sinceMs: 0, atMs: 0 };
const resolved: Told = { ...firing, edge: 'resolved' };

describe('nextEdge()', () => {
  it.each([
    { when: 'nobody knows it', told: untold, edge: 'firing' },
    { when: 'nobody knows it, and it has ended', told: untold, ended: true, edge: 'firing' },
    { when: 'a silence holds', told: untold, silenced: true, edge: undefined },
    { when: 'it ended within a silence', told: untold, silenced: true, ended: true, edge: 'dropped' },
    { when: 'it was told once', told: firing, edge: undefined },
    { when: 'it was told once, and has ended', told: firing, ended: true, edge: 'resolved' },
    {
      when: 'it was told, is silenced now, and has ended',
      told: firing,
      silenced: true,
      ended: true,
      edge: 'resolved',
    },
    { when: 'its end was told once', told: resolved, ended: true, nowMs: MINUTE_MS, edge: undefined },
    { when: 'it is renewed', manner: 'renewed', told: firing, nowMs: MINUTE_MS, edge: 'firing' },
    { when: 'it was renewed just now', manner: 'renewed', told: firing, nowMs: MINUTE_MS - 1, edge: undefined },
    {
      when: 'it is renewed through a silence',
      manner: 'renewed',
      told: firing,
      silenced: true,
      nowMs: MINUTE_MS,
      edge: 'firing',
    },
    { when: 'its end would swallow it', manner: 'renewed', told: firing, ended: true, nowMs: 30_000, edge: undefined },
    {
      when: 'it was heard, and has ended',
      manner: 'renewed',
      told: firing,
      ended: true,
      nowMs: MINUTE_MS,
      edge: 'resolved',
    },
    { when: 'its end is repeated', manner: 'renewed', told: resolved, ended: true, nowMs: MINUTE_MS, edge: 'resolved' },
    {
      when: 'its end was repeated long enough',
      manner: 'renewed',
      told: resolved,
      ended: true,
      nowMs: 5 * MINUTE_MS,
      edge: undefined,
    },
    { when: 'the last try failed', told: failedOf(untold, 0), nowMs: 999, edge: undefined },
    { when: 'the last try failed a while ago', told: failedOf(untold, 0), nowMs: 1_000, edge: 'firing' },
    { when: 'it was dropped', told: { ...untold, edge: 'dropped' } as Told, edge: undefined },
  ])('is $edge when $when', ({ told, ended, silenced = false, manner = 'once', nowMs = 0, edge }) => {
    const now = { manner: manner as Manner, silenced, nowMs };
    expect(nextEdge(ended ? { endedMs: 0 } : {}, told, now)).toBe(edge);
  });

  const outage = fc.record({ fromMs: fc.nat(3_600_000), forMs: fc.nat(7_200_000), endedMs: fc.nat(5_400_000) });
  it.each(['once', 'renewed'] as const)(
    'tells %s of every page and of its end, however long the receiver is away',
    (manner) => {
      fc.assert(
        fc.property(outage, ({ fromMs, forMs, endedMs }) => {
          const heard: string[] = [];
          let told = untold;
          for (let nowMs = 0; nowMs < 4 * 3_600_000 && !isFinal(told, manner, nowMs); nowMs += 5_000) {
            const page = nowMs >= endedMs ? { endedMs } : {};
            const edge = nextEdge(page, told, { manner, silenced: false, nowMs });
            if (!edge) continue;
            const away = nowMs >= fromMs && nowMs < fromMs + forMs;
            if (!away && heard.at(-1) !== edge) heard.push(edge);
            told = away ? failedOf(told, nowMs) : toldOf(told, edge, nowMs);
          }
          expect(heard).toEqual(['firing', 'resolved']);
        }),
        { numRuns: 50 },
      );
    },
  );

  it('waits longer after each failure, and never longer than a renewal', () => {
    let told = untold;
    const pauses = Array.from({ length: 40 }, () => {
      const before = told;
      told = failedOf(told, 0);
      return told.nextMs - before.nextMs >= 0 ? told.nextMs : NaN;
    });
    expect(pauses.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(Math.max(...pauses)).toBe(RENEW_MS);
  });
});
