import { expect, it } from '@jest/globals';
import { chooseVersion } from './choose-version.js';
import type { ListedVersion } from './monitor.js';
import type { Place } from './place.js';

const listed = (version: number, more: Partial<ListedVersion> = {}): ListedVersion => ({
  version,
  wanted: true,
  known: true,
  hasBaseline: true,
  hasRules: false,
  state: 'OK',
  predictions: 10,
  oldestPaneMs: 0,
  newestPaneMs: 0,
  ...more,
});
const start: Place = { variant: '', window: '1h', order: 'worst' };

it.each([
  { what: 'the newest in use', versions: [listed(3, { wanted: false }), listed(2), listed(1)], chosen: 2 },
  {
    what: 'the one that fires',
    versions: [listed(3), listed(2, { state: 'PENDING' }), listed(1, { state: 'FIRING' })],
    chosen: 1,
  },
  { what: 'the one that drifts', versions: [listed(2), listed(1, { state: 'PENDING' })], chosen: 1 },
  { what: 'one that was asked', versions: [listed(2, { predictions: 0 }), listed(1)], chosen: 1 },
  {
    what: 'one nobody asked, else',
    versions: [listed(2, { wanted: false }), listed(1, { predictions: 0 })],
    chosen: 1,
  },
  { what: 'one nobody wants, else', versions: [listed(2, { wanted: false })], chosen: 2 },
])('chooses $what', ({ versions, chosen }) => {
  const choice = chooseVersion(start, [{ model: 'basket', versions }]);
  expect(choice).toEqual({ ...start, model: 'basket', version: chosen });
});

it('leaves alone what was named, and chooses only within the model that was', () => {
  const models = [
    { model: 'basket', versions: [listed(2, { state: 'FIRING' })] },
    { model: 'claims', versions: [listed(7)] },
  ];
  const named = { ...start, model: 'basket', version: 99 };
  expect(chooseVersion(named, models)).toBe(named);
  expect(chooseVersion({ ...start, model: 'claims' }, models)).toMatchObject({ model: 'claims', version: 7 });
  const unknown = { ...start, model: 'nobody' };
  expect(chooseVersion(unknown, models)).toBe(unknown);
});
