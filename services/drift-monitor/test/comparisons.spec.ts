import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { describeWith } from '../../../tools/real-part.mjs';
import { Database } from '../src/adapters/postgres/database.js';
import { PostgresLooks } from '../src/adapters/postgres/postgres-looks.js';
import { PANE_MS, WEEK_MS, wholeWindow } from '../src/domain/pane.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { monitorParts } from './parts.js';
import { predictions, recordsOf } from './shop.js';

const nowMs = Date.UTC(2026, 10, 21, 10);
const hour = { fromMs: nowMs - 12 * PANE_MS, toMs: nowMs };

describeWith('PostgreSQL', 'DATABASE_URL', 'what every pane is compared with', () => {
  let database: TestDatabase;
  let pool: DataSource;
  const monitor = () => monitorParts(pool, { versions: [1, 2], now: () => nowMs });
  const comparisons = () => new PostgresLooks(new Database(pool)).comparisons('basket');

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = await database.connect();
    const { events, versions, known, evaluate } = monitor();
    const bodies = [
      ...predictions({ count: 900, seed: 71, ...hour, version: 1 }),
      ...predictions({ count: 900, seed: 72, ...hour, version: 2, shift: 0.6 }),
      ...predictions({ count: 900, seed: 73, fromMs: hour.fromMs - WEEK_MS, toMs: nowMs - WEEK_MS, version: 2 }),
    ];
    await events.consume({ topic: 'predictions', partition: '0', records: recordsOf(bodies) });
    await versions.setWanted([1, 2].map((version) => ({ model: 'basket', version })));
    known.setChampions(new Map([['basket', 1]]));
    await evaluate.run(nowMs);
  }, 120_000);
  afterAll(() => database.drop(), 60_000);

  it('is each variant, last week and the champion, once a window and version', async () => {
    const found = (await comparisons()).filter(({ window }) => window === '1h');
    const named = (version: number) =>
      found.filter((one) => one.version === version).map((one) => [one.against, one.variant, one.expected.name]);
    const alone = ['', 'canary', 'champion'].map((variant) => ['baseline', variant, '']);
    expect(named(1)).toEqual(alone);
    expect(named(2)).toEqual([...alone, ['champion', '', 'version 1'], ['last-week', '', '']]);
    const [whole, canary, champion] = found.filter(({ version }) => version === 2);
    expect(canary!.predictions + champion!.predictions).toBe(whole!.predictions);
  });

  it.each(['champion', 'last-week'] as const)('has the figures that are told when %s is asked for', async (against) => {
    const { drift, known } = monitor();
    known.setChampions(new Map([['basket', 1]]));
    const selection = { model: 'basket', version: 2, variant: '', segment: '' };
    const asked = await drift.read({ selection, range: wholeWindow('1h', nowMs), against });
    const kept = (await comparisons()).find(
      (one) => one.version === 2 && one.against === against && one.window === '1h',
    );
    expect(kept!.features.map(({ name, psi, ksLow, ksHigh }) => ({ name, psi, ksLow, ksHigh }))).toEqual(
      asked.features.map(({ name, measured }) => ({
        name,
        psi: measured!.psi,
        ksLow: measured!.ks?.low,
        ksHigh: measured!.ks?.high,
      })),
    );
    expect(kept!.expected.predictions).toBe(asked.against.predictions);
    // The second version's customers are others than the champion's, and others than its own of last week.
    expect(kept!.severity).toBe('critical');
  });

  it('is exported, and never pages', async () => {
    const { metrics, evaluate, known } = monitor();
    known.setChampions(new Map([['basket', 1]]));
    await evaluate.run(nowMs);
    const { values } = await metrics.comparisonEffect.get();
    const against = values.find(({ labels }) => labels.against === 'champion' && labels.window === '1h');
    expect(against!.labels).toMatchObject({ model: 'basket', model_version: 2, variant: '' });
    expect(against!.value).toBeGreaterThan(1);
  });
});
