import { DuckDBInstance } from '@duckdb/node-api';
import { Problem } from '@vinaigrette/problems';
import type { LoggedRow } from '@vinaigrette/signature';
import type { TableColumn } from '../domain/baseline-plan.js';

/**
 * A CSV or Parquet file, read by DuckDB: its columns, and its rows as the log would hold them. A value that is missing
 * is NaN in a column of numbers and "" in any other. Throws FILE_UNREADABLE.
 */
export async function readTable(file: string): Promise<{ columns: TableColumn[]; rows: LoggedRow[] }> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  try {
    // The name is a value, never part of the statement.
    const parquet = /\.(parquet|pq)$/i.test(file);
    const reader = await connection.runAndReadAll(
      parquet ? 'SELECT * FROM read_parquet($1)' : 'SELECT * FROM read_csv($1)',
      [file],
    );
    const columns = reader.columnNames().map((name, index) => ({ name, type: String(reader.columnType(index)) }));
    const rows = reader.getRowsJS().map((values) => {
      const cells = columns.map(({ name, type }, index) => [name, valuesOf(values[index], type)] as const);
      return Object.fromEntries(cells);
    });
    return { columns, rows };
  } catch (cause) {
    throw new Problem('FILE_UNREADABLE', `Cannot read ${file}: ${(cause as Error).message}`, { cause });
  } finally {
    connection.closeSync();
  }
}

function valuesOf(value: unknown, type: string): (number | string)[] {
  if (Array.isArray(value)) return value.map((one: unknown) => valueOf(one, type));
  if (value === null && type.endsWith('[]')) return [];
  return [valueOf(value, type)];
}

function valueOf(value: unknown, type: string): number | string {
  if (value === null || value === undefined) return /VARCHAR|BOOLEAN|DATE|TIME|ENUM/.test(type) ? '' : NaN;
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number(value);
  if (type.startsWith('DECIMAL')) return Number(String(value));
  return value instanceof Date ? value.toISOString() : String(value);
}
