import { createHash } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { EventRecord, Topic } from '@vinaigrette/event-log';
import type { EntityManager } from 'typeorm';
import { Archive, type Answer } from '../../archive.js';
import type { ArchiveRow } from '../../domain/archive-row.js';
import { freshEntries } from '../../domain/fresh-entries.js';
import type { Database } from '../postgres/database.js';
import { lockPosition, movePosition, moveSequences, readSequences, type Source } from '../postgres/positions.js';
import type { ArchiveFiles } from './archive-files.js';
import { archiveTables } from './archive-tables.js';
import { DuckDb, quoted, type Parameter } from './duckdb.js';
import { copyOut, writeRows, type WrittenFile } from './parquet-files.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * Parquet files, `TOPIC/day=2026-11-21/UUID.parquet`, and in PostgreSQL which of them count. A file is written and synced
 * as a PART, put into the store where there is one, named in the transaction that moves the position, and renamed after
 * it: whatever is killed when, each record is in exactly one file that counts.
 */
export class ParquetArchive extends Archive {
  private readonly duckDb = new DuckDb();

  constructor(
    private readonly database: Database,
    private readonly place: ArchiveFiles,
  ) {
    super();
  }

  async next(topic: Topic, partition: string): Promise<bigint> {
    const [row] = await this.database.rows<{ next_offset: string }>(
      `SELECT next_offset FROM drift_monitor.partition_position
       WHERE consumer_group = 'archive' AND topic = $1 AND partition = $2`,
      [topic, partition],
    );
    return BigInt(row?.next_offset ?? 0);
  }

  async keep(
    { topic, partition }: { topic: Topic; partition: string },
    records: readonly EventRecord[],
    rowOf: (record: EventRecord) => ArchiveRow | undefined,
  ): Promise<number> {
    const source: Source = { group: 'archive', topic, partition };
    const written = await this.database.write(async (manager) => {
      const next = await lockPosition(manager, source);
      const gateways = [...new Set(records.map(({ gatewayId }) => gatewayId))];
      const result = freshEntries(records, next, await readSequences(manager, source, gateways));
      const erased = await erasedUnits(manager);
      const rows = result.fresh.flatMap((record) => rowOf(record) ?? []).filter((row) => !isErased(row, erased));
      const files = rows.length > 0 ? await this.write(topic, rows) : [];
      await name(manager, files);
      await moveSequences(manager, source, result.lastSequences);
      await movePosition(manager, source, next, result.next);
      return files;
    });
    await this.place.publish(pathsOf(written));
    return written.reduce((sum, { rows }) => sum + rows, 0);
  }

  async add(topic: Topic, rows: readonly ArchiveRow[]): Promise<void> {
    const files = await this.write(topic, rows);
    await this.database.write((manager) => name(manager, files));
    await this.place.publish(pathsOf(files));
  }

  async ask<Row extends Record<string, Answer>>(
    sql: string,
    values: (string | number | string[])[] = [],
    range?: { fromMs: number; toMs: number },
  ): Promise<Row[]> {
    const days = range && { from: dayOf(range.fromMs), to: dayOf(range.toMs - 1) };
    for (let tries = 1; ; tries++) {
      try {
        const files = await this.fetched((await this.manifest()).filter((file) => !days || mayHold(file, days)));
        return await this.duckDb.with(async (connection) => {
          for (const table of archiveTables(files)) {
            await connection.run(table);
          }
          const reader = await connection.runAndReadAll(sql, values as Parameter[]);
          return reader.getRowObjectsJS() as Row[];
        });
      } catch (error) {
        // A file that was merged or erased while it was asked: the list is read again.
        if (tries === 3 || !/No files found|Cannot open file|IO Error|OBJECT_NOT_FOUND/.test(String(error)))
          throw error;
      }
    }
  }

  async files(): Promise<ListedFile[]> {
    return this.fetched(await this.manifest());
  }

  async forget(beforeDay: string): Promise<number> {
    const gone = await this.database.write(async (manager) => {
      const [rows] = await manager.query<[{ path: string }[], number]>(
        'DELETE FROM drift_monitor.archive_file WHERE day < $1 RETURNING path',
        [beforeDay],
      );
      return rows;
    });
    await this.place.remove(pathsOf(gone));
    return gone.length;
  }

  async erase(unit: string, nowMs: number): Promise<number> {
    await this.database.rows(
      `INSERT INTO drift_monitor.erased_unit VALUES ($1, $2)
       ON CONFLICT (unit_sha256) DO UPDATE SET before_ms = excluded.before_ms`,
      [sha256(unit), nowMs],
    );
    const ids = await this.ask<{ id: string }>('SELECT prediction_id AS id FROM predictions WHERE unit = $1', [unit]);
    let gone = await this.rewriteAll('predictions', `unit IS DISTINCT FROM ${quoted(unit)}`);
    if (ids.length > 0) {
      const list = ids.map(({ id }) => quoted(id)).join(', ');
      gone += await this.rewriteAll('outcomes', `prediction_id NOT IN (${list})`);
    }
    return gone;
  }

  async merge(topic: Topic, day: string): Promise<void> {
    const paths = pathsOf((await this.manifest(topic)).filter((file) => file.day === day));
    if (paths.length > 1) await this.rewrite(topic, day, paths, 'true');
  }

  async recover(): Promise<void> {
    await this.place.recover(new Set(pathsOf(await this.manifest())));
  }

  /** Of one topic, or of both. */
  private async manifest(topic = ''): Promise<ListedFile[]> {
    const rows = await this.database.rows<Omit<ListedFile, 'rows'> & { rows: string }>(
      `SELECT topic, day::text AS day, path, rows FROM drift_monitor.archive_file WHERE $1 = '' OR topic = $1
       ORDER BY topic, day, path`,
      [topic],
    );
    return rows.map((row) => ({ ...row, rows: Number(row.rows) }));
  }

  /** With the paths they have on this machine. */
  private async fetched(files: readonly ListedFile[]): Promise<ListedFile[]> {
    const found: ListedFile[] = [];
    for (const file of files) found.push({ ...file, path: await this.place.here(file.path) });
    return found;
  }

  private async write(topic: Topic, rows: readonly ArchiveRow[]): Promise<WrittenFile[]> {
    const files = await writeRows(this.duckDb, this.place.dir, topic, rows);
    await this.place.secure(pathsOf(files));
    return files;
  }

  private async rewriteAll(topic: Topic, kept: string): Promise<number> {
    let gone = 0;
    for (const { path, day } of await this.manifest(topic)) gone += await this.rewrite(topic, day, [path], kept);
    return gone;
  }

  /** Puts one file in the place of several, with the rows that are to be kept; how many were not. */
  private async rewrite(topic: Topic, day: string, paths: string[], kept: string): Promise<number> {
    const here = await Promise.all(paths.map((path) => this.place.here(path)));
    const from = `read_parquet([${here.map(quoted).join(', ')}], union_by_name = true)`;
    const { lost, written } = await this.duckDb.with(async (connection) => {
      const lost = await countOf(connection, `SELECT count(*) FROM ${from} WHERE NOT (${kept})`);
      if (lost === 0 && paths.length === 1) return { lost, written: undefined };
      const query = `SELECT * FROM ${from} WHERE ${kept} ORDER BY occurred_at`;
      return { lost, written: await copyOut(connection, this.place.dir, `${topic}/day=${day}`, query) };
    });
    if (!written) return 0;
    const file: WrittenFile = { topic, day, ...written };
    await this.place.secure([file.path]);
    await this.database.write(async (manager) => {
      const [, deleted] = await manager.query<[unknown, number]>(
        'DELETE FROM drift_monitor.archive_file WHERE path = ANY($1)',
        [paths],
      );
      if (deleted !== paths.length) throw new Error(`Files of ${topic} ${day} were rewritten by somebody else`);
      await name(manager, [file]);
    });
    await this.place.publish([file.path]);
    await this.place.remove(paths);
    return lost;
  }
}

type ListedFile = Awaited<ReturnType<Archive['files']>>[number];

const pathsOf = (files: readonly { path: string }[]): string[] => files.map(({ path }) => path);

async function name(manager: EntityManager, files: readonly WrittenFile[]): Promise<void> {
  for (const { path, topic, day, rows } of files) {
    await manager.query('INSERT INTO drift_monitor.archive_file VALUES ($1, $2, $3, $4)', [path, topic, day, rows]);
  }
}

async function erasedUnits(manager: EntityManager): Promise<Map<string, number>> {
  const rows = await manager.query<{ unit_sha256: string; before_ms: string }[]>(
    'SELECT * FROM drift_monitor.erased_unit',
  );
  return new Map(rows.map(({ unit_sha256, before_ms }) => [unit_sha256, Number(before_ms)]));
}

function isErased({ unit, occurredAtMs }: ArchiveRow, erased: ReadonlyMap<string, number>): boolean {
  return erased.size > 0 && unit !== '' && occurredAtMs < (erased.get(sha256(unit)) ?? -Infinity);
}

/** What became of a prediction may lie in any later file. */
const mayHold = ({ topic, day }: { topic: Topic; day: string }, days: { from: string; to: string }): boolean =>
  day >= days.from && (topic === 'outcomes' || day <= days.to);

async function countOf(connection: DuckDBConnection, sql: string): Promise<number> {
  return Number((await connection.runAndReadAll(sql)).getRows()[0]?.[0]);
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const dayOf = (ms: number): string => new Date(Math.floor(ms / DAY_MS) * DAY_MS).toISOString().slice(0, 10);
