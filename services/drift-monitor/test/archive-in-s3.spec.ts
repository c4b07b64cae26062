import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openObjectStore, type ObjectStore } from '@vinaigrette/object-store';
import { startMoto, type Moto } from '@vinaigrette/object-store/moto';
import type { DataSource } from 'typeorm';
import { describeWith } from '../../../tools/real-part.mjs';
import { ArchiveFiles, type CopyLimits } from '../src/adapters/archive/archive-files.js';
import { ParquetArchive } from '../src/adapters/archive/parquet-archive.js';
import { Database } from '../src/adapters/postgres/database.js';
import { ArchiveEvents } from '../src/archive-events.js';
import { KeepArchive } from '../src/keep-archive.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { monitorParts } from './parts.js';
import { predictions, recordsOf } from './shop.js';

const MINUTE_MS = 60 * 1_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const fromMs = Date.UTC(2026, 10, 17);
const toMs = fromMs + 3 * DAY_MS;
const sum = 'SELECT count(*)::int AS rows, count(DISTINCT prediction_id)::int AS ids FROM predictions';

describeWith('PostgreSQL', 'DATABASE_URL', 'an archive in S3', () => {
  describeWith('the Python clients', 'PYTHON_CLIENTS', 'of moto', () => {
    let database: TestDatabase;
    let pool: DataSource;
    let moto: Moto;
    let store: ObjectStore;
    const folders: string[] = [];

    beforeAll(async () => {
      [database, moto] = await Promise.all([createTestDatabase(), startMoto(process.env.PYTHON_CLIENTS as string)]);
      pool = await database.connect();
      await moto.makeBucket('archive');
      // The SDK takes them from the environment alone, as the service does.
      Object.assign(process.env, moto.env);
      store = openObjectStore('s3://archive/shop', moto.endpoint);
    }, 120_000);
    afterAll(async () => {
      for (const name of Object.keys(moto.env)) delete process.env[name];
      await moto.stop();
      await database.drop();
      for (const folder of folders) await rm(folder, { recursive: true });
    }, 60_000);

    /** A monitor with a cache of its own. */
    async function archiver(limits?: CopyLimits) {
      const dir = await mkdtemp(join(tmpdir(), 'vinaigrette-archive-cache-'));
      folders.push(dir);
      const archive = new ParquetArchive(
        new Database(pool),
        new ArchiveFiles(dir, openObjectStore('s3://archive/shop', moto.endpoint), limits),
      );
      const { known } = monitorParts(pool, { now: () => toMs });
      const events = new ArchiveEvents(archive, known, { recordsMax: 200, ageMsMax: 0 }, () => toMs);
      const cached = async () => (await readdir(dir, { recursive: true })).filter((name) => name.endsWith('.parquet'));
      return { archive, events, cached, dir };
    }
    const keys = async () => {
      const found: string[] = [];
      for await (const { key } of store.list()) found.push(key);
      return found;
    };

    it('keeps what one monitor wrote for another that has none of it', async () => {
      const [one, two] = [await archiver(), await archiver()];
      const bodies = predictions({ count: 900, seed: 61, fromMs, toMs });
      await one.events.consume({ topic: 'predictions', partition: '0', records: recordsOf(bodies) });
      await one.events.flush(true);
      expect(await two.cached()).toEqual([]);
      expect(await two.archive.ask(sum)).toEqual([{ rows: 900, ids: 900 }]);
      expect((await two.cached()).length).toBe((await keys()).length);
      // Whoever lost the disk has lost nothing.
      await rm(one.dir, { recursive: true });
      expect(await one.archive.ask(sum)).toEqual([{ rows: 900, ids: 900 }]);
    }, 120_000);

    it('fetches only days that are asked for', async () => {
      const { archive, cached } = await archiver();
      await archive.ask(sum, [], { fromMs: fromMs + DAY_MS, toMs: fromMs + 2 * DAY_MS });
      expect((await cached()).every((path) => path.includes('day=2026-11-18'))).toBe(true);
      expect((await cached()).length).toBeGreaterThan(0);
    }, 120_000);

    it('keeps no more copies than it may, but for those that may still be read', async () => {
      const limits = { bytesMax: 0, now: () => 0 };
      const { archive, cached, dir } = await archiver(limits);
      const day = (index: number) => ({ fromMs: fromMs + index * DAY_MS, toMs: fromMs + (index + 1) * DAY_MS });
      const days = async () => new Set((await cached()).map((path) => /day=([0-9-]+)/.exec(path)?.[1]));
      await archive.ask(sum, [], day(0));
      limits.now = () => 9 * MINUTE_MS;
      await archive.ask(sum, [], day(1));
      expect(await days()).toEqual(new Set(['2026-11-17', '2026-11-18']));
      limits.now = () => 12 * MINUTE_MS;
      await archive.ask(sum, [], day(2));
      expect(await days()).toEqual(new Set(['2026-11-18', '2026-11-19']));
      // What an earlier process left is old, whoever wrote it.
      const [oldest, ...others] = (await cached()).sort();
      await utimes(join(dir, oldest as string), 0, 0);
      const later = new ArchiveFiles(dir, openObjectStore('s3://archive/shop', moto.endpoint), limits);
      await later.recover(new Set(await keys()));
      expect((await cached()).sort()).toEqual(others);
    }, 120_000);

    it('makes one object of a day that is over, forgets old days, and erases a unit everywhere', async () => {
      const [one, two] = [await archiver(), await archiver()];
      await two.archive.ask(sum);
      const before = await keys();
      await new KeepArchive(one.archive, 2).run(toMs + DAY_MS / 2);
      const after = await keys();
      expect(after.some((key) => key.includes('day=2026-11-17'))).toBe(false);
      expect(after.length).toBeLessThan(before.length);
      const [{ rows }] = (await one.archive.ask(sum)) as [{ rows: number }];
      expect(await two.archive.ask(sum)).toEqual([{ rows, ids: rows }]);

      // Predictions of these tests have no unit: all of them are the nameless one's.
      expect(await one.archive.erase('', toMs)).toBe(rows);
      expect(await two.archive.ask(sum)).toEqual([{ rows: 0, ids: 0 }]);
      // What another monitor still had is gone with its next round.
      for (const path of await two.cached()) await utimes(join(two.dir, path), 0, 0);
      const stale = (await two.cached()).length;
      await two.archive.recover();
      expect((await two.cached()).length).toBeLessThan(stale);
      expect((await two.cached()).length).toBe((await keys()).length);
    }, 120_000);
  });
});
