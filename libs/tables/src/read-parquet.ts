import { access, constants } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { Problem } from '@vinaigrette/problems';
import { findColumns } from './find-columns.js';
import type { TableRow } from './read-table.js';

/**
 * The wanted columns of a Parquet file as text, in its order. Throws FILE_UNREADABLE, or TRAINING_DATA_INVALID where a
 * column is missing.
 */
export async function* readParquet(path: string, columns: readonly string[]): AsyncGenerator<TableRow[]> {
  const unreadable = (cause: unknown): never => {
    const [why] = (cause as Error).message.split('\n');
    throw new Problem('FILE_UNREADABLE', `${path} cannot be read: ${why}`, { field: 'input', cause });
  };
  await access(path, constants.R_OK).catch(unreadable);
  const database = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await database.connect();
  try {
    const file = `read_parquet('${path.replaceAll("'", "''")}')`;
    const described = await connection.runAndReadAll(`DESCRIBE FROM ${file}`).catch(unreadable);
    const present = described.getRows().map(([name]) => String(name));
    const fields = findColumns(columns, present, path).map((place) => {
      const name = (present[place] as string).replaceAll('"', '""');
      return `trim(coalesce(CAST("${name}" AS VARCHAR), ''))`;
    });
    const result = await connection.stream(`SELECT ${fields.join(', ')} FROM ${file}`).catch(unreadable);
    for (let line = 1; ;) {
      const chunk = await result.fetchChunk().catch(unreadable);
      if (!chunk || chunk.rowCount === 0) return;
      const rows = chunk.getRows() as string[][];
      const first = line;
      yield rows.map((own, at) => ({ line: first + at, fields: own }));
      line += rows.length;
    }
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}
