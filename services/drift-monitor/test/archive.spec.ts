import { mkdtemp, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { OutcomeSchema, PredictionSchema, PredictionStatus } from '@vinaigrette/contracts/events';
import { packRow, tensorOf } from '@vinaigrette/signature';
import type { DataSource } from 'typeorm';
import { describeWith } from '../../../tools/real-part.mjs';
import { ArchiveFiles } from '../src/adapters/archive/archive-files.js';
import { ParquetArchive } from '../src/adapters/archive/parquet-archive.js';
import { Database } from '../src/adapters/postgres/database.js';
import { ArchiveEvents } from '../src/archive-events.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { monitorParts } from './parts.js';
import { chance, outcome, predictions, recordsOf, schema, schemaId } from './shop.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
const fromMs = Date.UTC(2026, 10, 19, 12);
const toMs = fromMs + 2 * DAY_MS;
const now = () => toMs;
const sum = 'SELECT count(*)::int AS rows, count(DISTINCT prediction_id)::int AS ids FROM predictions';

describeWith('PostgreSQL', 'DATABASE_URL', 'the archive', () => {
  let database: TestDatabase;
  let [one, two]: DataSource[] = [];
  let dir: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    [one, two] = [await database.connect(), await database.connect()];
  }, 60_000);
  afterAll(() => database.drop(), 60_000);
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vinaigrette-archive-'));
    const tables = ['archive_file', 'erased_unit', 'partition_position', 'gateway_position'];
    await one!.query(`TRUNCATE ${tables.map((table) => `drift_monitor.${table}`).join(', ')}`);
  });
  afterEach(() => rm(dir, { recursive: true }));

  function archiver(pool = one!, { versions = [1], recordsMax = 150 } = {}) {
    const archive = new ParquetArchive(new Database(pool), new ArchiveFiles(dir));
    const { known } = monitorParts(pool, { versions, now });
    return { archive, events: new ArchiveEvents(archive, known, { recordsMax, ageMsMax: 0 }, now) };
  }
  const batch = (
    bodies: Uint8Array[],
    first = 0,
    partition = '0',
    topic: 'predictions' | 'outcomes' = 'predictions',
  ) => {
    return { topic, partition, records: recordsOf(bodies, 'gateway-1', first) };
  };
  const bodies = predictions({ count: 600, seed: 7, fromMs, toMs });
  const parquet = async () => (await readdir(dir, { recursive: true })).filter((name) => name.endsWith('.parquet'));

  it('keeps each record once, whatever is replayed, and whoever else keeps it too', async () => {
    const both = [archiver(one!), archiver(two!)];
    const random = chance(3);
    await Promise.all(
      both.map(async ({ events }) => {
        for (let next = 0; next < bodies.length;) {
          const [start, end] = [Math.max(0, next - Math.floor(random() * 40)), next + 1 + Math.floor(random() * 80)];
          await events.consume(batch(bodies.slice(start, end), start));
          if (random() < 0.5) await events.flush();
          next = end;
        }
        await events.flush(true);
      }),
    );
    const { archive, events } = archiver();
    expect(await archive.ask(sum)).toEqual([{ rows: 600, ids: 600 }]);
    expect(await events.next('predictions', '0')).toBe(600n);
    const files = await archive.files();
    expect([...new Set(files.map(({ day }) => day))]).toEqual(['2026-11-19', '2026-11-20', '2026-11-21']);
    // A shipper that wrote them again under other offsets changes nothing.
    await events.consume({
      ...batch(bodies.slice(500), 900),
      records: recordsOf(bodies.slice(500), 'gateway-1', 500).map((record) => ({
        ...record,
        offset: record.offset + 400n,
      })),
    });
    await events.flush(true);
    expect(await archive.ask(sum)).toEqual([{ rows: 600, ids: 600 }]);
  }, 60_000);

  it('keeps what was logged: tensors by name where the version is known, packed where it is not', async () => {
    const tensors = {
      items: tensorOf('BYTES', [1, 2], ['milk', "baker's"]),
      age: tensorOf('FP32', [1, 1], [NaN]),
      city: tensorOf('BYTES', [1, 1], ['Lyon']),
      confidence: tensorOf('FP32', [1, 3], [0.5, 0.25, 0]),
    };
    const message = create(PredictionSchema, {
      predictionId: 'p',
      occurredAtMs: BigInt(fromMs),
      model: 'basket',
      version: 1,
      unit: 'anna',
      segments: ['country=fr'],
      propensity: 0.9,
      status: PredictionStatus.SHADOW,
      schemaId,
      ...packRow(schema, tensors),
    });
    const unknown = create(PredictionSchema, { ...message, predictionId: 'q', version: 2 });
    const told = create(OutcomeSchema, {
      outcomeId: 'o',
      predictionId: 'p',
      kind: 'label',
      occurredAtMs: BigInt(fromMs),
      number: 3.5,
      text: 'no',
    });
    const { archive, events } = archiver();
    await events.consume(batch([message, unknown].map((body) => toBinary(PredictionSchema, body))));
    // Told twice, under two keys.
    for (const partition of ['0', '1']) {
      await events.consume(batch([toBinary(OutcomeSchema, told)], 0, partition, 'outcomes'));
    }
    await events.consume(
      batch([Uint8Array.of(255), ...predictions({ count: 1, seed: 1, fromMs: toMs * 2, toMs: toMs * 2 + 1 })], 2),
    );
    await events.flush(true);
    expect(
      await archive.ask('SELECT *, epoch_ms(occurred_at)::double AS ms FROM predictions ORDER BY prediction_id'),
    ).toMatchObject([
      {
        prediction_id: 'p',
        ms: fromMs,
        unit: 'anna',
        status: 'shadow',
        segments: ['country=fr'],
        propensity: 0.9,
        logged: JSON.stringify({ items: ['milk', "baker's"], age: [null], city: ['Lyon'], confidence: [0.5, 0.25] }),
        numbers: [],
        gateway: 'gateway-1',
      },
      { prediction_id: 'q', logged: null, numbers: [NaN, 0.5, 0.25], texts: ['milk', "baker's", 'Lyon'] },
    ]);
    expect(await archive.ask('SELECT kind, number, text, revenue FROM outcomes')).toEqual([
      { kind: 'label', number: 3.5, text: 'no', revenue: null },
    ]);
    expect(await archive.ask('SELECT prediction_id FROM predictions', [], { fromMs: fromMs + DAY_MS, toMs })).toEqual(
      [],
    );
  });

  it('loses and doubles nothing when it is killed between the transaction and the file’s last name', async () => {
    const { archive, events } = archiver();
    await events.consume(batch(bodies));
    await events.flush(true);
    const [first] = await parquet();
    await rename(join(dir, first!), join(dir, `${first}.part`));
    await writeFile(join(dir, 'predictions/day=2026-11-20/orphan.parquet.part'), 'half');
    await utimes(join(dir, 'predictions/day=2026-11-20/orphan.parquet.part'), 1, 1);
    expect(await archive.ask(sum)).toEqual([{ rows: 600, ids: 600 }]);
    await archive.recover();
    expect(await parquet()).toContain(first);
    expect((await readdir(dir, { recursive: true })).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(await archive.ask(sum)).toEqual([{ rows: 600, ids: 600 }]);
  });

  it('merges the files of a day, forgets old days, and forgets a unit for good', async () => {
    const { archive, events } = archiver();
    const mine = bodies.map((_, index) => {
      const fields = {
        predictionId: `p-${index}`,
        occurredAtMs: BigInt(fromMs + index * 240_000),
        model: 'basket',
        unit: `customer ${index % 3}'s`,
      };
      return toBinary(PredictionSchema, create(PredictionSchema, { ...fields, status: PredictionStatus.ANSWERED }));
    });
    for (let at = 0; at < 600; at += 100) {
      await events.consume(batch(mine.slice(at, at + 100), at));
      await events.flush(true);
    }
    await events.consume(
      batch(
        [1, 2, 3].map((id) => outcome(`o-${id}`, `p-${id}`, 'sku-1', fromMs)),
        0,
        '0',
        'outcomes',
      ),
    );
    await events.flush(true);
    const ofTheFirstDay = async () =>
      (await parquet()).filter((path) => path.startsWith('predictions/day=2026-11-19/'));
    expect((await ofTheFirstDay()).length).toBeGreaterThan(1);
    await archive.merge('predictions', '2026-11-19');
    expect(await ofTheFirstDay()).toHaveLength(1);
    expect(await archive.ask(sum)).toEqual([{ rows: 600, ids: 600 }]);

    expect(await archive.erase("customer 1's", toMs)).toBe(201);
    expect(await archive.ask(sum)).toEqual([{ rows: 400, ids: 400 }]);
    expect(await archive.ask('SELECT outcome_id FROM outcomes ORDER BY 1')).toEqual([
      { outcome_id: 'o-2' },
      { outcome_id: 'o-3' },
    ]);
    // What was on its way is not kept; what the unit does later is.
    const late = (occurredAtMs: number) =>
      toBinary(
        PredictionSchema,
        create(PredictionSchema, { predictionId: 'late', occurredAtMs: BigInt(occurredAtMs), unit: "customer 1's" }),
      );
    await events.consume(batch([late(toMs - 1), late(toMs)], 600));
    await events.flush(true);
    expect(await archive.ask(sum)).toEqual([{ rows: 401, ids: 401 }]);

    await archive.forget('2026-11-20');
    expect((await archive.files()).map(({ day }) => day)).not.toContain('2026-11-19');
    expect(await parquet()).toHaveLength((await archive.files()).length);
  }, 60_000);
});
