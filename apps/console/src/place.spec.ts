import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressOf, orders, questionOf, readPlace, windows, type Place } from './place.js';

const noon = Date.UTC(2026, 6, 1, 12);
const start: Place = { variant: '', window: '1h', order: 'worst' };

describe('readPlace()', () => {
  it.each([
    { search: '', place: start },
    { search: '?model=basket&version=3', place: { ...start, model: 'basket', version: 3 } },
    { search: '?window=24h&order=baseline', place: { ...start, window: '24h', order: 'baseline' } },
    {
      search: '?from=2026-07-01T12:00Z&to=2026-07-01T13:00Z',
      place: { ...start, window: { fromMs: noon, toMs: noon + 3_600_000 } },
    },
    { search: '?window=7d&order=best', place: start },
    { search: '?model=../etc&version=1', place: start },
    { search: '?model=basket&version=0', place: { ...start, model: 'basket' } },
    { search: '?version=3', place: start },
    { search: '?from=2026-07-01T13:00Z&to=2026-07-01T12:00Z', place: start },
    { search: '?from=yesterday&to=today', place: start },
    { search: '?from=2026-07-01T12:00Z', place: start },
  ])('reads $search', ({ search, place }) => expect(readPlace(search)).toEqual(place));

  const minuteMs = fc.integer({ min: 0, max: 60_000_000 }).map((minutes) => minutes * 60_000);
  const range = fc
    .tuple(minuteMs, fc.integer({ min: 1, max: 100_000 }))
    .map(([fromMs, minutes]) => ({ fromMs, toMs: fromMs + minutes * 60_000 }));
  const place = fc.record<Place>({
    model: fc.stringMatching(/^[a-z0-9-]{1,64}$/),
    version: fc.integer({ min: 1, max: 1_000_000_000 }),
    variant: fc.string({ maxLength: 128, unit: 'grapheme-ascii' }),
    window: fc.oneof(fc.constantFrom(...windows), range),
    order: fc.constantFrom(...orders),
  });
  it('reads what addressOf() wrote', () =>
    fc.assert(fc.property(place, (one) => expect(readPlace(addressOf(one))).toEqual(one))));
});

it('asks the monitor for a window or for a range, never for both, and not for an order', () => {
  const place: Place = { model: 'basket', version: 3, variant: 'canary', window: '24h', order: 'baseline' };
  expect(questionOf(place).toString()).toBe('model=basket&version=3&variant=canary&window=24h');
  const range = questionOf({ ...place, variant: '', window: { fromMs: noon, toMs: noon + 300_000 } });
  expect(Object.fromEntries(range)).toEqual({
    model: 'basket',
    version: '3',
    from: '2026-07-01T12:00Z',
    to: '2026-07-01T12:05Z',
  });
});
