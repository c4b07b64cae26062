import { describe, expect, it } from '@jest/globals';
import { publicationDue } from './publication-due.js';

describe('publicationDue()', () => {
  it.each([
    { what: 'nothing was learnt', events: 0, ms: 1e9, why: undefined },
    { what: 'one event, at once', events: 1, ms: 0, why: undefined },
    { what: 'one event, after the time', events: 1, ms: 60_000, why: '60 s and 1 events since the last' },
    { what: 'too few events, too soon', events: 99, ms: 59_999, why: undefined },
    { what: 'enough events', events: 100, ms: 0, why: '100 events since the last' },
  ])('$what: $why', ({ events, ms, why }) => {
    const last = { learnt: 7, atMs: 1_000 };
    const now = { learnt: 7 + events, nowMs: 1_000 + ms };
    expect(publicationDue({ everyEvents: 100, everyMs: 60_000 }, last, now)).toBe(why);
  });

  it('waits for the other when one is not wanted', () => {
    const last = { learnt: 0, atMs: 0 };
    expect(publicationDue({ everyMs: 10 }, last, { learnt: 1e9, nowMs: 9 })).toBeUndefined();
    expect(publicationDue({ everyEvents: 10 }, last, { learnt: 9, nowMs: 1e9 })).toBeUndefined();
  });
});
