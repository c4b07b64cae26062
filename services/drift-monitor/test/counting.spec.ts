import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { EventRecord } from '@vinaigrette/event-log';
import type { DataSource } from 'typeorm';
import { describeWith } from '../../../tools/real-part.mjs';
import { PANE_MS } from '../src/domain/pane.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { monitorParts, source } from './parts.js';
import { chance, oracle, outcome, predictions, recordsOf } from './shop.js';

const fromMs = Date.UTC(2026, 10, 21, 10);
const toMs = fromMs + 3 * PANE_MS;
const now = toMs;

describeWith('PostgreSQL', 'DATABASE_URL', 'counting', () => {
  let database: TestDatabase;
  let [one, two]: DataSource[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    [one, two] = [await database.connect(), await database.connect()];
  }, 60_000);
  afterAll(() => database.drop(), 60_000);
  beforeEach(async () => {
    const tables =
      'partition_position, gateway_position, pane, parked_record, dead_letter, shown_prediction, outcome, hit_pane';
    await one!.query(
      `TRUNCATE ${tables
        .split(', ')
        .map((table) => `drift_monitor.${table}`)
        .join(', ')}`,
    );
  });

  const monitor = (pool = one!, options: { versions?: number[]; parkedMax?: number } = {}) =>
    monitorParts(pool, { ...options, now: () => now });
  const selection = { model: 'basket', version: 1, variant: '', segment: '' };
  const read = (from = fromMs, to = toMs) => monitor().drift.read({ selection, range: { fromMs: from, toMs: to } });
  const expectOracle = async (bodies: Uint8Array[], from = fromMs, to = toMs) => {
    const expected = oracle(bodies, from, to);
    const drift = await read(from, to);
    expect(drift.predictions).toBe(expected.predictions);
    expect(drift.statuses.fallback).toBe(expected.fallbacks);
    expect(drift.features).toEqual(expected.features);
  };
  const batch = (records: EventRecord[], partition = '0') => ({ topic: 'predictions' as const, partition, records });
  const bodies = predictions({ count: 600, seed: 7, fromMs, toMs, shift: 0.4 });
  const records = recordsOf(bodies);

  it('equals one pass over all records, whatever is replayed, overlaps or comes in small pieces', async () => {
    const { events } = monitor();
    const random = chance(3);
    await events.consume(batch(records.slice(0, 50)));
    for (let next = 50; next < records.length;) {
      const start = Math.max(0, next - Math.floor(random() * 40));
      const end = Math.min(records.length, next + Math.floor(random() * 60));
      if (end > start) await events.consume(batch(records.slice(start, end)));
      next = Math.max(next, end);
    }
    await events.consume(batch(records));
    await expectOracle(bodies);
    await expectOracle(bodies, fromMs + PANE_MS, fromMs + 2 * PANE_MS);
    expect(await events.next('predictions', '0')).toBe(600n);
  }, 60_000);

  it('counts a sequence once when the shipper wrote it again under new offsets', async () => {
    const { events, metrics } = monitor();
    await events.consume(batch(records.slice(0, 100)));
    const again = records.slice(60, 120).map((record) => ({ ...record, offset: record.offset + 40n }));
    await events.consume(batch(again));
    await expectOracle(bodies.slice(0, 120));
    expect((await metrics.duplicates.get()).values).toMatchObject([{ value: 40, labels: { topic: 'predictions' } }]);
  });

  it('counts nothing again that was read from segments before the move to Kafka', async () => {
    const { events } = monitor();
    await events.consume(batch(records.slice(0, 100), 'gateway-1'));
    await events.consume(batch(records.slice(0, 150), '4'));
    await expectOracle(bodies.slice(0, 150));
  });

  it('lets two monitors share a partition that both think is theirs', async () => {
    const both = [monitor(one!), monitor(two!)];
    const cut = (size: number) =>
      Array.from({ length: Math.ceil(600 / size) }, (_, i) => records.slice(i * size, (i + 1) * size));
    await Promise.all(
      both.map(async ({ events }, index) => {
        for (const piece of cut(30 + index * 13)) await events.consume(batch(piece));
      }),
    );
    await expectOracle(bodies);
  }, 60_000);

  it('adds what several partitions bring to the same panes at the same time', async () => {
    const both = [monitor(one!), monitor(two!)];
    const parts = [0, 1, 2, 3].map((part) => bodies.filter((_, index) => index % 4 === part));
    await Promise.all(
      parts.map(async (part, index) => {
        const all = recordsOf(part, `gateway-${index % 2}`);
        for (let at = 0; at < all.length; at += 25) {
          await both[index % 2]!.events.consume(batch(all.slice(at, at + 25), String(index)));
        }
      }),
    );
    await expectOracle(bodies);
  }, 60_000);

  it('puts late rows into their pane', async () => {
    const { events, metrics } = monitor();
    await events.consume(batch(records.slice(0, 500)));
    await expectOracle(bodies.slice(0, 500));
    const late = predictions({ count: 40, seed: 9, fromMs: fromMs - 90_000_000, toMs: fromMs - 89_000_000 });
    await events.consume(batch(recordsOf([...bodies.slice(500), ...late], 'gateway-1', 500)));
    await expectOracle([...bodies, ...late]);
    await expectOracle(late, fromMs - 90_000_000, fromMs - 88_800_000);
    expect((await metrics.late.get()).values[0]!.value).toBe(40);
  });

  it('narrows to a variant and a segment, which add up to the whole', async () => {
    const { events, drift } = monitor();
    await events.consume(batch(records));
    const range = { fromMs, toMs };
    const count = async (variant: string, segment = '') =>
      (await drift.read({ selection: { ...selection, variant, segment }, range })).predictions;
    expect((await count('champion')) + (await count('canary'))).toBe(600);
    expect(await count('champion', 'new')).toBeGreaterThan(0);
    expect(await count('nobody')).toBe(0);
  });

  it('parks what it does not know and counts it once when it does, across monitors', async () => {
    const ignorant = monitor(one!, { versions: [] });
    await ignorant.events.consume(batch(records));
    expect(await ignorant.ledger.parkedVersions()).toMatchObject([{ model: 'basket', version: 1, records: 600 }]);
    expect((await read()).predictions).toBe(0);
    const both = [monitor(one!), monitor(two!)];
    const taken = await Promise.all(
      both.map(async ({ ledger, events, known }) => {
        let count = 0;
        for (;;) {
          const entries = await ledger.unpark(known.of('basket', 1)!, (body) => events.read('predictions', { body }));
          if (entries.length === 0) return count;
          count += entries.length;
        }
      }),
    );
    expect(taken[0]! + taken[1]!).toBe(600);
    await expectOracle(bodies);
    expect(await ignorant.ledger.parkedVersions()).toEqual([]);
  }, 60_000);

  it('keeps no more parked records than it was told to; the others are dead letters', async () => {
    const { events, metrics } = monitor(one!, { versions: [], parkedMax: 10 });
    await events.consume(batch(records.slice(0, 30)));
    const [row] = await one!.query(`SELECT count(*)::int AS parked FROM drift_monitor.parked_record`);
    expect(row.parked).toBe(10);
    expect((await metrics.deadLetters.get()).values).toMatchObject([{ value: 20, labels: { reason: 'parking-full' } }]);
  });

  it('sets poison aside with its reason, and goes on', async () => {
    const { events } = monitor();
    const future = predictions({ count: 1, seed: 5, fromMs: now + 301_000, toMs: now + 302_000 });
    const poison = [Uint8Array.of(255, 255, 255), ...future, new Uint8Array(100_000).fill(1)];
    await events.consume(batch(recordsOf([...bodies.slice(0, 10), ...poison, ...bodies.slice(10, 20)])));
    await expectOracle(bodies.slice(0, 20));
    const rows = await one!.query(
      `SELECT reason, length(body) AS size FROM drift_monitor.dead_letter ORDER BY "offset"`,
    );
    expect(rows).toMatchObject([
      { reason: 'malformed', size: 3 },
      { reason: 'future-event-time' },
      { reason: 'malformed', size: 16_384 },
    ]);
  });

  it('sets aside the one record that the database refuses, and counts the others', async () => {
    const { events, ledger } = monitor();
    // Nothing is known to pass the checks and be refused: a rule of this test's own plays the part.
    await one!.query(
      `ALTER TABLE drift_monitor.shown_prediction ADD CONSTRAINT refused CHECK (prediction_id <> 'p-7-4')`,
    );
    try {
      await events.consume(batch(records.slice(0, 10)));
    } finally {
      await one!.query(`ALTER TABLE drift_monitor.shown_prediction DROP CONSTRAINT refused`);
    }
    await expectOracle(bodies.slice(0, 10).filter((_, index) => index !== 4));
    expect(await ledger.next('predictions', '0')).toBe(10n);
    const rows = await one!.query(`SELECT reason, "offset" FROM drift_monitor.dead_letter`);
    expect(rows).toEqual([{ reason: 'not-storable', offset: '4' }]);
  });

  it('keeps the newest dead letters only', async () => {
    const { events, ledger } = monitor();
    await events.consume(batch(recordsOf(Array.from({ length: 20 }, () => Uint8Array.of(255)))));
    await ledger.forgetDeadLetters(5);
    const rows = await one!.query(`SELECT "offset" FROM drift_monitor.dead_letter ORDER BY id`);
    expect(rows.map((row: { offset: string }) => Number(row.offset))).toEqual([15, 16, 17, 18, 19]);
  });

  describeHits();
  function describeHits() {
    const shown = predictions({ count: 40, seed: 11, fromMs, toMs });
    const outcomes = Array.from({ length: 30 }, (_, index) =>
      outcome(`o-${index}`, `p-11-${index}`, index % 3 === 0 ? 'sku-6' : 'sku-5', now),
    );
    const outcomeBatch = (records: EventRecord[], partition = '0') => ({
      topic: 'outcomes' as const,
      partition,
      records,
    });
    const total = async () => {
      const { answered, fallback } = await monitor().hits.read(selection, { fromMs, toMs });
      return [answered, fallback].reduce((sum, side) => ({
        predictions: sum.predictions + side.predictions,
        withOutcome: sum.withOutcome + side.withOutcome,
        hitsAt5: sum.hitsAt5 + side.hitsAt5,
      }));
    };

    it.each([
      ['first', true],
      ['last', false],
    ] as const)('joins outcomes that come %s, and those told twice once', async (_, first) => {
      const { events } = monitor();
      // The shop says the same again, under another key and so in another partition.
      const twice = outcomes.slice(0, 20);
      const tell = async () => {
        await events.consume(outcomeBatch(recordsOf(outcomes)));
        await events.consume(outcomeBatch(recordsOf([...twice, outcome('o-second', 'p-11-0', 'sku-1', now)]), '1'));
      };
      if (first) await tell();
      await events.consume(batch(recordsOf(shown)));
      if (!first) await tell();
      // Of thirty outcomes ten are of sku-6, the sixth shown; p-11-0 was bought a second time, from the first five.
      expect(await total()).toEqual({ predictions: 40, withOutcome: 30, hitsAt5: 21 });
    });

    it('keeps the figures when the single records are forgotten, and adds what comes later', async () => {
      const { events, hits } = monitor();
      await events.consume(batch(recordsOf(shown.slice(0, 25))));
      await events.consume(outcomeBatch(recordsOf(outcomes)));
      const before = await total();
      expect(before).toEqual({ predictions: 25, withOutcome: 25, hitsAt5: 16 });
      expect(await hits.rollUp(Date.now() - 60_000)).toBe(0);
      expect(await hits.rollUp(Date.now() + 60_000)).toBe(25);
      expect(await hits.rollUp(Date.now() + 60_000)).toBe(0);
      expect(await total()).toEqual(before);
      await events.consume(batch(recordsOf(shown)));
      expect(await total()).toEqual({ ...before, predictions: 40 });
    });
  }

  it('keeps a version as it was first learned, and which are wanted now', async () => {
    const { versions } = monitor();
    await versions.keep({ model: 'basket', version: 1, ...source, baselineSha256: 'ab' });
    await versions.keep({ model: 'basket', version: 1, signatureJson: '{}' });
    await versions.keep({ model: 'basket', version: 2, signatureJson: source.signatureJson });
    expect(await versions.all()).toEqual([
      { model: 'basket', version: 1, ...source, baselineSha256: 'ab' },
      { model: 'basket', version: 2, signatureJson: source.signatureJson },
    ]);
    await versions.setWanted([{ model: 'basket', version: 2 }]);
    await versions.setWanted([{ model: 'basket', version: 1 }]);
    expect(await versions.wanted()).toEqual([{ model: 'basket', version: 1 }]);
  });
});
