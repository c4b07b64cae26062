import pg from 'pg';
import { Problem } from '@vinaigrette/problems';
import { findColumns } from './find-columns.js';
import type { TableRow } from './read-table.js';
import { nameOf, type TableSource } from './table-source.js';

const ROWS_AT_ONCE = 2_000;

/** One state of the database, in the order in which it keeps the rows, and times and numbers as files write them. */
const SETTINGS = [
  'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
  'SET LOCAL synchronize_seqscans = off',
  'SET LOCAL max_parallel_workers_per_gather = 0',
  "SET LOCAL DateStyle = 'ISO'",
  "SET LOCAL TimeZone = 'UTC'",
];

/**
 * The wanted columns of a PostgreSQL table or query as text, some thousands at a time. A table is read in the order it
 * was written; whoever updates or vacuums it names an order in a query. Throws TRAINING_DATA_INVALID where a column is
 * missing or the database refuses, DATABASE_UNREACHABLE where there is none.
 */
export async function* readPostgres(source: TableSource, columns: readonly string[]): AsyncGenerator<TableRow[]> {
  const name = nameOf(source);
  const client = new pg.Client({ connectionString: source.input, types: { getTypeParser: () => asText } });
  await client.connect().catch((cause: Error) => {
    throw new Problem('DATABASE_UNREACHABLE', `${name}: ${cause.message}`, { field: 'input', cause });
  });
  client.on('error', () => {}); // a connection that breaks fails the query under way, which tells it
  try {
    for (const setting of SETTINGS) await client.query(setting);
    const query = source.query?.replace(/;\s*$/, '') ?? `SELECT * FROM ${quoted(source.table as string)}`;
    await client.query(`DECLARE training_rows NO SCROLL CURSOR FOR ${query}`);
    let places: number[] | undefined;
    for (let line = 1; ;) {
      const text = `FETCH ${ROWS_AT_ONCE} FROM training_rows`;
      const { rows, fields } = await client.query<(string | null)[]>({ text, rowMode: 'array' });
      const own = (places ??= findColumns(
        columns,
        fields.map((field) => field.name),
        name,
      ));
      if (rows.length === 0) return;
      const first = line;
      yield rows.map((row, at) => ({ line: first + at, fields: own.map((place) => row[place]?.trim() ?? '') }));
      line += rows.length;
    }
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    const message = `${name} cannot be read: ${(cause as Error).message}`;
    throw new Problem('TRAINING_DATA_INVALID', message, {
      field: source.query === undefined ? 'table' : 'query',
      cause,
    });
  } finally {
    await client.end();
  }
}

const asText = (value: string): string => value;

/** `schema.table` as PostgreSQL takes it, whatever characters it has. */
function quoted(table: string): string {
  return table
    .split('.')
    .map((part) => pg.escapeIdentifier(part))
    .join('.');
}
