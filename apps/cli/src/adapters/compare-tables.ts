import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { Problem } from '@vinaigrette/problems';
import type { ColumnFacts, TableFacts } from '../domain/table-difference.js';

/** What two CSV or Parquet files hold. Rows are compared over the columns of both, as texts. Throws FILE_UNREADABLE. */
export async function compareTables(before: string, after: string): Promise<{ before: TableFacts; after: TableFacts }> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  try {
    const columns = { before: await open(connection, 'before', before), after: await open(connection, 'after', after) };
    const shared = columns.before.filter((name) => columns.after.includes(name));
    return {
      before: {
        rows: await rowsOf(connection, 'before'),
        only: await only(connection, 'before', 'after', shared),
        columns: await factsOf(connection, 'before'),
      },
      after: {
        rows: await rowsOf(connection, 'after'),
        only: await only(connection, 'after', 'before', shared),
        columns: await factsOf(connection, 'after'),
      },
    };
  } finally {
    connection.closeSync();
  }
}

async function open(connection: DuckDBConnection, name: string, file: string): Promise<string[]> {
  const reader = /\.(parquet|pq)$/i.test(file) ? 'read_parquet' : 'read_csv';
  // The name of a file is a text of the statement: a view takes no parameters.
  const source = `${reader}('${file.replaceAll("'", "''")}')`;
  await connection.run(`CREATE TEMP TABLE ${name} AS FROM ${source}`).catch((cause: Error) => {
    throw new Problem('FILE_UNREADABLE', `${file} is no table: ${cause.message.split('\n')[0]}`, { cause });
  });
  return (await connection.runAndReadAll(`DESCRIBE ${name}`)).getRows().map(([column]) => String(column));
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

async function rowsOf(connection: DuckDBConnection, table: string): Promise<number> {
  return Number((await connection.runAndReadAll(`SELECT count(*) FROM ${table}`)).getRows()[0]?.[0]);
}

/** Rows of the one that the other does not have, repeated ones counted as often as they are there. */
async function only(
  connection: DuckDBConnection,
  one: string,
  other: string,
  columns: readonly string[],
): Promise<number> {
  if (columns.length === 0) return rowsOf(connection, one);
  const texts = columns.map((name) => `${quoted(name)}::VARCHAR`).join(', ');
  const rows = `SELECT ${texts} FROM ${one} EXCEPT ALL SELECT ${texts} FROM ${other}`;
  return Number((await connection.runAndReadAll(`SELECT count(*) FROM (${rows})`)).getRows()[0]?.[0]);
}

async function factsOf(connection: DuckDBConnection, table: string): Promise<ColumnFacts[]> {
  const reader = await connection.runAndReadAll(
    `SELECT column_name, column_type, min, max, avg, null_percentage, approx_unique FROM (SUMMARIZE ${table})`,
  );
  return reader.getRows().map(([name, type, least, most, mean, missing, distinct]) => ({
    name: String(name),
    type: String(type),
    least: least === null ? '' : String(least),
    most: most === null ? '' : String(most),
    mean: mean === null ? '' : String(mean),
    missingPercent: Number(String(missing)),
    distinct: Number(distinct),
  }));
}
