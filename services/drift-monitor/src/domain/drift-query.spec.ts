import { describe, expect, it } from '@jest/globals';
import { readAlertsQuery, readDriftQuery } from './drift-query.js';

const now = Date.UTC(2026, 10, 21, 12, 3, 20);

describe('readDriftQuery()', () => {
  it.each([
    { query: { model: 'basket' }, from: '2026-11-21T11:05:00.000Z', to: '2026-11-21T12:05:00.000Z' },
    { query: { model: 'basket', window: '24h' }, from: '2026-11-20T12:05:00.000Z', to: '2026-11-21T12:05:00.000Z' },
    {
      query: { model: 'basket', from: '2011-07-01', to: '2011-07-08' },
      from: '2011-07-01T00:00:00.000Z',
      to: '2011-07-08T00:00:00.000Z',
    },
    {
      query: { model: 'basket', from: '300001', to: '600001' },
      from: '1970-01-01T00:05:00.000Z',
      to: '1970-01-01T00:15:00.000Z',
    },
    {
      query: { model: 'basket', from: '2011-07-01T02:01:00+02:00', to: '2011-07-01T00:02Z' },
      from: '2011-07-01T00:00:00.000Z',
      to: '2011-07-01T00:05:00.000Z',
    },
  ])('$query asks for $from to $to', ({ query, from, to }) => {
    const { range } = readDriftQuery(query, now);
    expect([range.fromMs, range.toMs].map((ms) => new Date(ms).toISOString())).toEqual([from, to]);
  });

  it('reads the selection; what is not said is not narrowed', () => {
    expect(readDriftQuery({ model: 'basket' }, now).selection).toEqual({ model: 'basket', variant: '', segment: '' });
    expect(readDriftQuery({ model: 'b', version: '7', variant: 'canary', segment: 'de' }, now).selection).toEqual({
      model: 'b',
      version: 7,
      variant: 'canary',
      segment: 'de',
    });
  });

  it.each([
    { query: {}, field: 'model' },
    { query: { model: 'Basket' }, field: 'model' },
    { query: { model: 'b', version: 'champion' }, field: 'version' },
    { query: { model: 'b', version: '0' }, field: 'version' },
    { query: { model: 'b', version: '4294967296' }, field: 'version' },
    { query: { model: 'b', variant: 'x'.repeat(129) }, field: 'variant' },
    { query: { model: 'b', segment: '\0' }, field: 'segment' },
    { query: { model: 'b', window: '2h' }, field: 'window' },
    { query: { model: 'b', window: '1h', from: '0', to: '1' }, field: 'window' },
    { query: { model: 'b', from: 'yesterday', to: '2011-07-01' }, field: 'from' },
    { query: { model: 'b', from: '2011-07-01' }, field: 'to' },
    { query: { model: 'b', to: '2011-07-01' }, field: 'from' },
    { query: { model: 'b', from: '2011-07-01T00:00:00', to: '2011-07-02' }, field: 'from' },
    { query: { model: 'b', from: '2011-02-31', to: '2011-02-30T99:00Z' }, field: 'to' },
    { query: { model: 'b', from: '2011-07-02', to: '2011-07-01' }, field: 'to' },
    { query: { model: 'b', from: '0', to: '2011-07-01' }, field: 'to' },
    { query: { model: 'b', from: '9999999999999999', to: '1' }, field: 'from' },
    { query: { model: 'b', vesrion: '1' }, field: 'vesrion' },
    { query: { model: ['b', 'c'] }, field: 'model' },
  ])('refuses $query and names $field', ({ query, field }) => {
    expect(() => readDriftQuery(query, now)).toThrow(expect.objectContaining({ code: 'QUERY_INVALID', field }));
  });
});

describe('readAlertsQuery()', () => {
  it.each([
    { query: {}, model: '' },
    { query: { model: '' }, model: '' },
    { query: { model: 'basket' }, model: 'basket' },
  ])('$query asks for "$model"', ({ query, model }) => expect(readAlertsQuery(query)).toBe(model));

  it.each([
    { query: { model: 'B' }, field: 'model' },
    { query: { model: ['a', 'b'] }, field: 'model' },
    { query: { state: 'FIRING' }, field: 'state' },
  ])('refuses $query and names $field', ({ query, field }) => {
    expect(() => readAlertsQuery(query)).toThrow(expect.objectContaining({ code: 'QUERY_INVALID', field }));
  });
});
