import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { raiseEncoded } from '@vinaigrette/drift';
import type { DataSource } from 'typeorm';
import { describeWith } from '../../../tools/real-part.mjs';
import { Database } from '../src/adapters/postgres/database.js';
import { PostgresLooks } from '../src/adapters/postgres/postgres-looks.js';
import { PostgresPages } from '../src/adapters/postgres/postgres-pages.js';
import { remember, type AlertMemory } from '../src/domain/alert.js';
import { judgeSums } from '../src/domain/judge-sums.js';
import { defaultPolicy } from '../src/domain/judge-window.js';
import { PANE_MS, paneOf, wholeWindow, windowNames } from '../src/domain/pane.js';
import { readPrediction } from '../src/domain/read-record.js';
import { tally } from '../src/domain/tally.js';
import { predictionsIn, sumPanes } from '../src/domain/window-sums.js';
import type { KnownVersion } from '../src/domain/known-version.js';
import type { PaneRow } from '../src/panes.js';
import { PageOnCall } from '../src/page-on-call.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { monitorParts } from './parts.js';
import { chance, predictions, recordsOf } from './shop.js';

const fromMs = Date.UTC(2026, 10, 21, 10);
const PANES = 20;
const toMs = fromMs + PANES * PANE_MS;
const of = { model: 'basket', version: 1 };

/** All rows at once, each in its pane: no database, no order. */
function panesOf(bodies: readonly Uint8Array[], known: KnownVersion): PaneRow[] {
  const read = bodies.map((body) => readPrediction(body, () => known, toMs));
  const counted = read.flatMap((verdict) => (verdict.kind === 'counted' ? [verdict] : []));
  return tally(counted).map(({ cell, statuses, slots }) => {
    const { paneMs, variant, segment } = cell;
    const all = Uint32Array.from(slots.flatMap((some) => [...some]));
    return { paneMs, variant, segment, statuses, encoded: raiseEncoded(undefined, all) };
  });
}

describeWith('PostgreSQL', 'DATABASE_URL', 'rows that come late', () => {
  let database: TestDatabase;
  let pool: DataSource;
  let nowMs = toMs;
  const monitor = () => monitorParts(pool, { now: () => nowMs, followers: [new PageOnCall()], receivers: ['webhook'] });
  const looks = () => new PostgresLooks(new Database(pool));
  const pages = () => new PostgresPages(new Database(pool), ['webhook']);

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = await database.connect();
  }, 60_000);
  afterAll(() => database.drop(), 60_000);
  beforeEach(async () => {
    const tables = ['partition_position', 'gateway_position', 'pane', 'alert', 'alert_transition', 'look'];
    await pool.query(
      `TRUNCATE ${[...tables, 'page_delivery', 'page', 'shown_prediction'].map((name) => `drift_monitor.${name}`).join(', ')}`,
    );
    await monitor().versions.setWanted([of]);
  });

  /** Logs each body `delayMs` after it happened and judges at the end of every pane, until all have come. */
  async function live(bodies: readonly Uint8Array[], delayMs: (index: number) => number, untilMs = toMs) {
    const { events, evaluate, known } = monitor();
    const happened = bodies.map((body) => readPrediction(body, () => known.of('basket', 1), toMs));
    const arrives = happened.map(
      (verdict, index) => ('occurredAtMs' in verdict ? verdict.occurredAtMs : 0) + delayMs(index),
    );
    let offset = 0;
    for (nowMs = fromMs + PANE_MS; nowMs <= untilMs; nowMs += PANE_MS) {
      const come = bodies.filter((_, index) => paneOf(arrives[index]!) === nowMs - PANE_MS);
      await events.consume({ topic: 'predictions', partition: '0', records: recordsOf(come, 'gateway-1', offset) });
      offset += come.length;
      await evaluate.run(nowMs);
    }
    nowMs = untilMs;
    expect(offset).toBe(bodies.length);
  }

  it('ends with the looks, and with the memory of them, that one pass over all rows has', async () => {
    const random = chance(4);
    const bodies = [
      ...predictions({ count: 1_500, seed: 51, fromMs, toMs: fromMs + 8 * PANE_MS }),
      ...predictions({ count: 1_500, seed: 52, fromMs: fromMs + 8 * PANE_MS, toMs: toMs - 4 * PANE_MS, shift: 0.5 }),
    ];
    // A third of the rows is late, by up to four panes, and most of those that moved.
    await live(bodies, (index) => (random() < (index < 1_500 ? 0.3 : 0.7) ? random() * 4 * PANE_MS : 0));

    const known = monitor().known.of('basket', 1)!;
    const rows = panesOf(bodies, known);
    const issued = await looks().list(of, { fromMs, toMs }, 1_000);
    const memory: AlertMemory = {};
    for (let atMs = fromMs + PANE_MS; atMs <= toMs; atMs += PANE_MS) {
      for (const window of windowNames) {
        const range = wholeWindow(window, atMs);
        const sums = sumPanes(rows, range, known.grid!.size);
        const { look } = judgeSums(known, sums, defaultPolicy);
        const last = issued.find((one) => one.window === window && one.toMs === atMs)!;
        expect([last.predictions, last.look]).toEqual([predictionsIn(sums.get('')), look]);
        memory[window] = remember(memory[window], look, { ...defaultPolicy.fire, clear: defaultPolicy.clear });
      }
    }
    const [alert] = await monitor().alerts.list('basket');
    expect(alert!.memory).toEqual(memory);
    expect(issued.some(({ revision }) => revision > 1)).toBe(true);
    // History is kept: every look was issued once as it was first seen.
    expect(issued.filter(({ revision }) => revision === 1)).toHaveLength(2 * PANES);
  }, 120_000);

  it('resolves a page that the whole truth does not bear out, and says why', async () => {
    const moved = predictions({ count: 900, seed: 53, fromMs, toMs: fromMs + 8 * PANE_MS, shift: 0.6 });
    const usual = predictions({ count: 9_000, seed: 54, fromMs, toMs: fromMs + 8 * PANE_MS });
    await live(moved, () => 0, fromMs + 9 * PANE_MS);
    expect(await pages().list('basket')).toMatchObject([{ name: 'FeatureDrift' }]);
    const { events, evaluate } = monitor();
    const late = recordsOf(usual, 'gateway-1', moved.length);
    await events.consume({ topic: 'predictions', partition: '0', records: late });
    nowMs = fromMs + 10 * PANE_MS;
    await evaluate.run(nowMs);
    const [page] = await pages().list('basket');
    expect(page).toMatchObject({ endedMs: nowMs, details: { corrected: expect.stringMatching(/^\d+ looks since/) } });
    const [alert] = await monitor().alerts.list('basket');
    expect(alert!.verdict.state).not.toBe('FIRING');
    const [last] = await pool.query('SELECT why FROM drift_monitor.alert_transition ORDER BY id DESC LIMIT 1');
    expect(last.why).toContain('corrected by rows that came late');
  }, 120_000);

  it('pages at once for what only the late rows show', async () => {
    const few = predictions({ count: 40, seed: 55, fromMs, toMs: fromMs + 8 * PANE_MS });
    const moved = predictions({ count: 2_000, seed: 56, fromMs, toMs: fromMs + 8 * PANE_MS, shift: 0.8 });
    await live(few, () => 0, fromMs + 8 * PANE_MS);
    expect(await pages().list('basket')).toEqual([]);
    const { events, evaluate } = monitor();
    const late = recordsOf(moved, 'gateway-1', few.length);
    await events.consume({ topic: 'predictions', partition: '0', records: late });
    nowMs = fromMs + 9 * PANE_MS;
    await evaluate.run(nowMs);
    const [page] = await pages().list('basket');
    expect(page).toMatchObject({
      name: 'FeatureDrift',
      details: { corrected: expect.stringMatching(/^\d+ looks since/) },
    });
    expect(page!.endedMs).toBeUndefined();
  }, 120_000);

  it('issues nothing again while everything comes in time, also when the process is another', async () => {
    const bodies = predictions({ count: 500, seed: 57, fromMs, toMs: toMs - PANE_MS });
    await live(bodies, () => 0);
    await monitor().evaluate.run(toMs);
    const issued = await looks().list(of, { fromMs, toMs }, 1_000);
    expect(issued.every(({ revision }) => revision === 1)).toBe(true);
    expect(issued).toHaveLength(2 * PANES);
  }, 120_000);
});
