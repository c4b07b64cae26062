import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { describeWith } from '../../../tools/real-part.mjs';
import { PANE_MS } from '../src/domain/pane.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { monitorParts, source } from './parts.js';
import { predictions, recordsOf } from './shop.js';

const start = Date.UTC(2026, 10, 21, 10);
const HOUR_MS = 12 * PANE_MS;

describeWith('PostgreSQL', 'DATABASE_URL', 'alerts', () => {
  let database: TestDatabase;
  let [one, two]: DataSource[] = [];
  let now = start;
  let written = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    [one, two] = [await database.connect(), await database.connect()];
  }, 60_000);
  afterAll(() => database.drop(), 60_000);
  beforeEach(async () => {
    const tables = ['partition_position', 'gateway_position', 'pane', 'model_version', 'alert', 'alert_transition'];
    await one!.query(`TRUNCATE ${tables.map((table) => `drift_monitor.${table}`).join(', ')} RESTART IDENTITY`);
    [now, written] = [start, 0];
  });

  const monitor = (pool = one!) => monitorParts(pool, { now: () => now });
  /** Visits of the hour before `now`, and then the evaluation at `now`. */
  async function hour(parts: ReturnType<typeof monitor>, count: number, shift = 0) {
    now += HOUR_MS;
    if (count > 0) {
      const bodies = predictions({ count, seed: written + 1, fromMs: now - HOUR_MS, toMs: now, shift });
      await parts.events.consume({
        topic: 'predictions',
        partition: '0',
        records: recordsOf(bodies, 'gateway-1', written),
      });
      written += count;
    }
    await parts.evaluate.run(now);
    return (await parts.alerts.list('basket'))[0]!;
  }

  it('waits for three looks, fires once, holds through silence, and ends after two clear looks', async () => {
    const parts = monitor();
    await parts.versions.keep({ model: 'basket', version: 1, ...source });
    await parts.versions.setWanted([{ model: 'basket', version: 1 }]);
    const states: string[] = [];
    const looks = [
      { count: 0 },
      { count: 50 },
      ...Array<{ count: number; shift?: number }>(2).fill({ count: 1_200 }),
      ...Array<{ count: number; shift?: number }>(4).fill({ count: 1_200, shift: 1 }),
      { count: 0 },
    ];
    for (const { count, shift } of looks) {
      const { verdict, judgedToMs } = await hour(parts, count, shift);
      expect(judgedToMs).toBe(now);
      states.push(verdict.state);
    }
    expect(states).toEqual(['NO_DATA', 'INSUFFICIENT', 'OK', 'OK', 'PENDING', 'PENDING', 'FIRING', 'FIRING', 'FIRING']);
    const [alert] = await parts.alerts.list('');
    expect(alert!.sinceMs).toBe(start + 7 * HOUR_MS);
    expect(alert!.verdict.severity).toBe('critical');
    expect(alert!.verdict.features).toEqual(expect.arrayContaining(['basketSize', 'age', 'city', 'topConfidence']));
    expect(alert!.verdict.why).toMatch(/^1h: .*PSI .*held; now no prediction/);
    // A day later nothing of the drift is in either window.
    now += 24 * HOUR_MS;
    expect((await hour(parts, 1_200)).verdict.state).toBe('FIRING');
    expect((await hour(parts, 1_200)).verdict.state).toBe('OK');
    const transitions = await one!.query('SELECT from_state, to_state FROM drift_monitor.alert_transition ORDER BY id');
    expect(transitions.map((row: Record<string, string>) => `${row.from_state}>${row.to_state}`)).toEqual([
      '>NO_DATA',
      'NO_DATA>INSUFFICIENT',
      'INSUFFICIENT>OK',
      'OK>PENDING',
      'PENDING>FIRING',
      'FIRING>OK',
    ]);
    expect(await parts.metrics.registry.metrics()).toContain(
      'drift_monitor_alert_state{model="basket",model_version="1"} 0',
    );
  }, 120_000);

  it('counts one look a pane, however many monitors look, and however often', async () => {
    const [first, second] = [monitor(one!), monitor(two!)];
    await first.versions.keep({ model: 'basket', version: 1, ...source });
    await hour(first, 1_200, 1);
    await Promise.all([first.evaluate.run(now), second.evaluate.run(now)]);
    await Promise.all([second.evaluate.run(now), monitor(two!).evaluate.run(now)]);
    const [alert] = await first.alerts.list('');
    expect(alert!.verdict.state).toBe('PENDING');
    expect(alert!.memory['1h']!.recent).toEqual(['drifted']);
    expect(await second.metrics.registry.metrics()).toMatch(/drift_monitor_feature_psi\{.*feature="age".*\} [0-9.]+/);
  }, 120_000);

  it('lets a version rest that no alias names and nobody asks', async () => {
    const parts = monitor();
    await parts.versions.keep({ model: 'basket', version: 1, ...source });
    expect((await hour(parts, 400)).verdict.state).toBe('OK');
    now += 25 * HOUR_MS;
    await parts.evaluate.run(now);
    expect(await parts.alerts.list('')).toEqual([]);
    const [last] = await one!.query('SELECT to_state FROM drift_monitor.alert_transition ORDER BY id DESC LIMIT 1');
    expect(last.to_state).toBe('RETIRED');
  }, 120_000);

  it('leaves the alert of a version alone that only another monitor knows', async () => {
    const parts = monitor();
    await parts.versions.keep({ model: 'basket', version: 1, ...source });
    await hour(parts, 400);
    now += PANE_MS;
    await monitorParts(two!, { versions: [], now: () => now }).evaluate.run(now);
    expect(await parts.alerts.list('')).toMatchObject([{ version: 1, judgedToMs: now - PANE_MS }]);
  }, 120_000);

  it('answers a window with the alert, and a range with what it holds itself', async () => {
    const parts = monitor();
    await parts.versions.keep({ model: 'basket', version: 1, ...source });
    for (let look = 0; look < 3; look++) await hour(parts, 1_200, 1);
    const selection = { model: 'basket', variant: '', segment: '' };
    const range = { fromMs: now - HOUR_MS, toMs: now };
    expect((await parts.drift.read({ selection, range, window: '1h' })).verdict.state).toBe('FIRING');
    expect((await parts.drift.read({ selection, range })).verdict.state).toBe('PENDING');
    const canary = { ...selection, variant: 'canary' };
    expect((await parts.drift.read({ selection: canary, range, window: '1h' })).verdict.state).toBe('PENDING');
  }, 120_000);
});
