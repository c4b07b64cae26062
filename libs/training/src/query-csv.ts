import { access, constants } from 'node:fs/promises';
import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import { Problem } from '@vinaigrette/problems';

/** The relation `lines` of a CSV: every column as text, plain or .gz. */
export interface CsvQuery {
  path: string;
  /** Columns without which the file is another one. */
  columns: readonly string[];
  /** Reads from `lines`. */
  sql: string;
}

/**
 * What a query over a CSV file answers. Throws FILE_UNREADABLE, or TRAINING_DATA_INVALID when it
 * is no CSV with these columns.
 */
export async function queryCsv({ path, columns, sql }: CsvQuery): Promise<DuckDBValue[][]> {
  await access(path, constants.R_OK).catch((cause) => {
    throw new Problem('FILE_UNREADABLE', `${path} cannot be read`, { field: 'input', cause });
  });
  const database = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await database.connect();
  try {
    const file = `read_csv('${path.replaceAll("'", "''")}', header = true, all_varchar = true, delim = ',', quote = '"')`;
    return await connection
      .runAndReadAll(`WITH lines AS (FROM ${file}) ${sql}`)
      .then((reader) => reader.getRows())
      .catch((cause) => {
        const [why] = (cause as Error).message.split('\n');
        const message = `${path} is no CSV with the columns ${columns.join(', ')}: ${why}`;
        throw new Problem('TRAINING_DATA_INVALID', message, { field: 'input', cause });
      });
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}
