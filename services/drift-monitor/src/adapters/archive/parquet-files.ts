import { randomUUID } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LIST, VARCHAR, DOUBLE, BIGINT, DuckDBTimestampValue, type DuckDBConnection } from '@duckdb/node-api';
import { archiveColumns, type ArchiveColumn, type ArchiveRow, type ArchiveTopic } from '../../domain/archive-row.js';
import { quoted, type DuckDb } from './duckdb.js';

/** What is being written has this after its name, until the manifest names it. */
export const PART = '.part';

export interface WrittenFile {
  topic: ArchiveTopic;
  day: string;
  /** Within the archive's folder, without PART. */
  path: string;
  rows: number;
}

const listTypes = { 'VARCHAR[]': LIST(VARCHAR), 'DOUBLE[]': LIST(DOUBLE), 'BIGINT[]': LIST(BIGINT) };

/** Writes rows, a file a day, each on the disk when this resolves and still a PART. */
export async function writeRows(
  duckDb: DuckDb,
  dir: string,
  topic: ArchiveTopic,
  rows: readonly ArchiveRow[],
): Promise<WrittenFile[]> {
  const columns: readonly ArchiveColumn[] = archiveColumns[topic];
  return duckDb.with(async (connection) => {
    const types = columns.map(({ name, type }) => `${name} ${type}`).join(', ');
    await connection.run(`CREATE TEMP TABLE incoming (day VARCHAR, ${types})`);
    const appender = await connection.createAppender('incoming', 'main', 'temp').catch(() => {
      return connection.createAppender('incoming');
    });
    for (const { day, values } of rows) {
      appender.appendVarchar(day);
      for (const { name, type } of columns) {
        const value = values[name] ?? null;
        if (value === null) appender.appendNull();
        else if (type === 'VARCHAR') appender.appendVarchar(value as string);
        else if (type === 'DOUBLE') appender.appendDouble(value as number);
        else if (type === 'BIGINT') appender.appendBigInt(value as bigint);
        else if (type === 'TIMESTAMP')
          appender.appendTimestamp(new DuckDBTimestampValue(BigInt(value as number) * 1_000n));
        else appender.appendList([...(value as string[])], listTypes[type]);
      }
      appender.endRow();
    }
    appender.closeSync();
    const written: WrittenFile[] = [];
    for (const day of [...new Set(rows.map((row) => row.day))].sort()) {
      const of = `SELECT * EXCLUDE (day) FROM incoming WHERE day = ${quoted(day)} ORDER BY occurred_at`;
      written.push({ topic, day, ...(await copyOut(connection, dir, `${topic}/day=${day}`, of)) });
    }
    return written;
  });
}

/** Writes the answer of a query into a new file of a folder, still a PART. */
export async function copyOut(connection: DuckDBConnection, dir: string, folder: string, query: string) {
  const path = `${folder}/${randomUUID()}.parquet`;
  const file = join(dir, path + PART);
  await mkdir(dirname(file), { recursive: true });
  const reader = await connection.runAndReadAll(
    `COPY (${query}) TO ${quoted(file)} (FORMAT parquet, COMPRESSION zstd)`,
  );
  const handle = await open(file, 'r');
  await handle.sync();
  await handle.close();
  return { path, rows: Number(reader.getRows()[0]?.[0] ?? 0) };
}
