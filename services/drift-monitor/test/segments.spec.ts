import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { PredictionSchema } from '@vinaigrette/contracts/events';
import type { DataSource } from 'typeorm';
import { describeWith } from '../../../tools/real-part.mjs';
import { PANE_MS, WEEK_MS } from '../src/domain/pane.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { monitorParts } from './parts.js';
import { oracle, predictions, recordsOf } from './shop.js';

const fromMs = Date.UTC(2026, 10, 21, 10);
const toMs = fromMs + 3 * PANE_MS;
const range = { fromMs, toMs };
const selection = { model: 'basket', version: 1, variant: '', segment: '' };
const countries = ['de', 'fr', 'it', 'es'];
/** Each prediction in a country and, every third, on a phone. */
const segmented = (bodies: Uint8Array[]) =>
  bodies.map((body, index) => {
    const segments = [`country=${countries[index % 4]}`, ...(index % 3 === 0 ? ['device=phone'] : [])];
    return toBinary(PredictionSchema, create(PredictionSchema, { ...fromBinary(PredictionSchema, body), segments }));
  });

describeWith('PostgreSQL', 'DATABASE_URL', 'segments and comparisons', () => {
  let database: TestDatabase;
  let pool: DataSource;
  const bodies = segmented(predictions({ count: 600, seed: 7, fromMs, toMs, shift: 0.4 }));
  const lastWeek = segmented(
    predictions({ count: 300, seed: 8, fromMs: fromMs - WEEK_MS, toMs: toMs - WEEK_MS, shift: 0.4 }),
  );
  const champion = predictions({ count: 400, seed: 9, fromMs, toMs, version: 2 });
  const monitor = () => monitorParts(pool, { now: () => toMs, versions: [1, 2], segmentsMax: 2 });

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = await database.connect();
    const all = recordsOf([...bodies, ...lastWeek, ...champion]);
    const { events } = monitor();
    for (let at = 0; at < all.length; at += 100) {
      await events.consume({ topic: 'predictions', partition: '0', records: all.slice(at, at + 100) });
    }
  }, 60_000);
  afterAll(() => database.drop(), 60_000);

  it('counts each segment as one pass over its predictions does, and the whole once', async () => {
    const { drift } = monitor();
    const whole = await drift.read({ selection, range });
    expect(whole.features).toEqual(oracle(bodies, fromMs, toMs).features);
    const german = await drift.read({ selection: { ...selection, segment: 'country=de' }, range });
    const expected = oracle(
      bodies.filter((_, index) => index % 4 === 0),
      fromMs,
      toMs,
    );
    expect(german.predictions).toBe(150);
    expect(german.features).toEqual(expected.features);
  });

  it('names as many segments of a dimension as it may, and counts the others together', async () => {
    const { drift, panes } = monitor();
    const { segments } = await drift.read({ selection, range });
    expect(segments.toSorted()).toEqual(['country=OTHER', 'country=de', 'country=fr', 'device=phone']);
    const { statuses } = await panes.read({ ...selection, segment: 'country=OTHER' }, range, 0);
    expect(Object.values(statuses).reduce((sum, count) => sum + count)).toBe(300);
  });

  it('compares with last week and with the champion', async () => {
    const { drift, known } = monitor();
    const week = await drift.read({ selection, range, against: 'last-week' });
    expect(week.against).toMatchObject({ kind: 'last-week', predictions: 300 });
    const psiOf = (features: typeof week.features) =>
      features.find(({ name }) => name === 'basketSize')!.measured!.psi!;
    const baseline = await drift.read({ selection, range });
    expect(psiOf(week.features)).toBeLessThan(psiOf(baseline.features));
    await expect(drift.read({ selection, range, against: 'champion' })).rejects.toThrow(/nobody holds the alias/);
    known.setChampions(new Map([['basket', 2]]));
    const live = await drift.read({ selection, range, against: 'champion' });
    expect(live.against).toEqual({ kind: 'champion', name: 'version 2', predictions: 400 });
    expect(live.features[0]!.baselineCount).toBe(400);
  });

  it('judges by the policy in force, keeps it, and lets it go', async () => {
    const { policies } = monitor();
    const document = (name: string, bodyJson: string) => ({
      ...{ kind: 'drift-policy', name, aliases: { champion: 2 }, previous: {} },
      versions: [{ kind: 'drift-policy', name, version: 2, bodyJson }],
    });
    await policies.take([document('default', '{"clear":5}'), document('basket', '{"clear":7}')] as never);
    const restarted = monitor().policies;
    await restarted.recall();
    expect(restarted.of('basket')).toMatchObject({ name: 'basket 2', policy: { clear: 7 } });
    expect(restarted.of('claims')).toMatchObject({ name: 'default 2', policy: { clear: 5 } });
    await policies.take([]);
    await restarted.recall();
    expect(restarted.of('basket')).toMatchObject({ name: '', policy: { clear: 2 } });
  });

  it('deletes counters that nothing was added to for long enough', async () => {
    const { panes } = monitor();
    expect(await panes.forget(Date.now() - 3_600_000)).toBe(0);
    expect(await panes.forget(Date.now() + 3_600_000)).toBeGreaterThan(0);
    expect(await panes.counted()).toEqual([]);
  });
});
