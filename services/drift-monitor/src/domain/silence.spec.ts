import { describe, expect, it } from '@jest/globals';
import { isSilenced, readSilence } from './silence.js';

const nowMs = Date.UTC(2026, 10, 21);
const matcher = { name: 'model', value: 'basket' };
const body = { matchers: [matcher], endsAt: '2026-11-22T00:00:00Z', createdBy: 'me', comment: 'sale' };

describe('readSilence()', () => {
  it('reads what Alertmanager understands, from now on when it does not say', () => {
    expect(readSilence(body, nowMs)).toEqual({
      matchers: [{ ...matcher, isEqual: true }],
      startsMs: nowMs,
      endsMs: nowMs + 86_400_000,
      createdBy: 'me',
      comment: 'sale',
    });
    const amtool = { ...body, matchers: [{ ...matcher, isRegex: false }], startsAt: '2026-11-21T12:00:00+01:00' };
    expect(readSilence(amtool, nowMs).startsMs).toBe(nowMs + 11 * 3_600_000);
  });

  it.each([
    { fault: null, field: undefined },
    { fault: { ...body, matchers: [] }, field: 'matchers' },
    { fault: { ...body, matchers: [{ ...matcher, isEqual: false }] }, field: 'matchers' },
    { fault: { ...body, matchers: [{ ...matcher, value: '' }] }, field: 'matchers' },
    { fault: { ...body, matchers: [{ ...matcher, isRegex: true }] }, field: 'matchers.0.isRegex' },
    { fault: { ...body, matchers: [{ ...matcher, name: 'Model' }] }, field: 'matchers.0.name' },
    { fault: { ...body, endsAt: 'tomorrow' }, field: 'endsAt' },
    { fault: { ...body, endsAt: '2026-11-20T00:00:00Z' }, field: 'endsAt' },
    { fault: { ...body, endsAt: '2027-11-20T00:00:00Z' }, field: 'endsAt' },
    { fault: { ...body, startsAt: '2026-11-23T00:00:00Z' }, field: 'endsAt' },
    { fault: { ...body, createdBy: '' }, field: 'createdBy' },
    { fault: { ...body, comment: undefined }, field: 'comment' },
  ])('names $field of $fault', ({ fault, field }) => {
    expect(() => readSilence(fault, nowMs)).toThrow(expect.objectContaining({ code: 'BODY_INVALID', field }));
  });
});

describe('isSilenced()', () => {
  const labels = { model: 'basket', alertname: 'NoData' };
  const silence = readSilence(body, nowMs);
  it.each([
    { matchers: [{ name: 'model', value: 'basket', isEqual: true }], silenced: true },
    { matchers: [{ name: 'model', value: 'other', isEqual: true }], silenced: false },
    {
      matchers: [
        { name: 'model', value: 'basket', isEqual: true },
        { name: 'alertname', value: 'NoData', isEqual: false },
      ],
      silenced: false,
    },
    {
      matchers: [
        { name: 'model', value: 'basket', isEqual: true },
        { name: 'team', value: '', isEqual: true },
      ],
      silenced: true,
    },
  ])('$silenced for $matchers', ({ matchers, silenced }) => {
    expect(isSilenced(labels, [{ ...silence, matchers }], nowMs)).toBe(silenced);
  });
  it.each([
    [-1, false],
    [0, true],
    [86_399_999, true],
    [86_400_000, false],
  ])('%i ms after its start: %s', (afterMs, silenced) => {
    expect(isSilenced(labels, [silence], nowMs + afterMs)).toBe(silenced);
  });
});
