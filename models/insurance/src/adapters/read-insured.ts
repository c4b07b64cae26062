import { access, constants } from 'node:fs/promises';
import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import { Problem } from '@vinaigrette/problems';
import { numericInputs, textInputs, type Insured } from '../domain/insured.js';

export interface InsuredRow {
  person: Insured;
  /** USD a year. */
  charges: number;
}

const numbers = [...numericInputs, 'charges'] as const;

/**
 * Reads a CSV, plain or .gz, with the columns age, sex, bmi, children, smoker, region and charges, in the order of its
 * lines. An empty field is unknown, but a line without charges teaches nothing and is refused. Throws FILE_UNREADABLE or
 * TRAINING_DATA_INVALID naming the record.
 */
export async function readInsured(path: string): Promise<InsuredRow[]> {
  const rows = await query(
    path,
    `SELECT ${[...textInputs, ...numbers].map((name) => `trim(coalesce("${name}", ''))`).join(', ')} FROM lines`,
  );
  if (rows.length === 0) throw new Problem('TRAINING_DATA_INVALID', `${path} holds no rows`, { field: 'input' });
  return rows.map((values, index) => {
    const record = `record ${index + 2}`; // the first is the header
    const [sex = '', smoker = '', region = '', ...rest] = values as string[];
    const [age, bmi, children, charges] = numbers.map((name, at) => {
      const text = rest[at] ?? '';
      const value = text === '' ? NaN : Number(text);
      const wrong = text !== '' && !(Number.isFinite(value) && value >= 0);
      if (wrong || (name === 'charges' && text === '')) {
        throw new Problem('TRAINING_DATA_INVALID', `${path}, ${record}: ${name} is ${JSON.stringify(text)}`, {
          field: record,
        });
      }
      return value;
    }) as [number, number, number, number];
    return { person: { age, bmi, children, sex, smoker, region }, charges };
  });
}

/** Every column as text. */
async function query(path: string, sql: string): Promise<DuckDBValue[][]> {
  await access(path, constants.R_OK).catch((cause) => {
    throw new Problem('FILE_UNREADABLE', `${path} cannot be read`, { field: 'input', cause });
  });
  const database = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await database.connect();
  try {
    const file = `read_csv('${path.replaceAll("'", "''")}', header = true, all_varchar = true, delim = ',', quote = '"')`;
    const reader = await connection.runAndReadAll(`WITH lines AS (FROM ${file}) ${sql}`).catch((cause) => {
      const [why] = (cause as Error).message.split('\n');
      throw new Problem('TRAINING_DATA_INVALID', `${path} is no CSV with these columns: ${why}`, {
        field: 'input',
        cause,
      });
    });
    return reader.getRows();
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}
