import { Client } from 'pg';
import type { TensorValue } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import type { ColumnType, InputColumn } from '../domain/batch-plan.js';
import type { BatchSource, Position, Read } from './batch-source.js';

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * The answer of a query to PostgreSQL, in the order of its key, a column that no two rows share: so a run that was cut
 * off goes on after the last key, whatever was added meanwhile.
 */
export async function openQuery(databaseUrl: string, sql: string, key: string): Promise<BatchSource> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'vinaigrette-batch',
    options: '-c default_transaction_read_only=on',
  });
  try {
    await client.connect();
    const query = sql.replace(/;\s*$/, '');
    const { fields } = await client.query(`SELECT * FROM (${query}) AS input LIMIT 0`);
    return new QuerySource(
      client,
      query,
      key,
      fields.map(({ name }) => name),
    );
  } catch (cause) {
    await client.end().catch(() => undefined);
    throw new Problem('BATCH_INPUT_INVALID', `The query cannot be answered: ${(cause as Error).message}`, {
      field: 'input',
      cause,
    });
  }
}

class QuerySource implements BatchSource {
  readonly identity: string;

  constructor(
    private readonly client: Client,
    private readonly query: string,
    private readonly key: string,
    readonly columns: readonly string[],
  ) {
    this.identity = `${query} BY ${key}`;
  }

  async count(): Promise<number> {
    const { rows } = await this.client.query<{ count: string }>(`SELECT count(*) FROM (${this.query}) AS input`);
    return Number(rows[0]?.count);
  }

  async *read(columns: readonly InputColumn[], from: Position, rowsAtATime: number): AsyncGenerator<Read> {
    const key = `input.${quoted(this.key)}`;
    const named = columns.map(({ name }) => `input.${quoted(name)}`).join(', ');
    // A cursor takes no parameters. The key comes back as the text that PostgreSQL itself wrote.
    const after = from.lastKey === undefined ? '' : `WHERE ${key} > ${this.client.escapeLiteral(from.lastKey)}`;
    const select = `SELECT ${named}, ${key}::text FROM (${this.query}) AS input ${after} ORDER BY ${key}`;
    await this.client.query('BEGIN');
    await this.client.query(`DECLARE input_rows NO SCROLL CURSOR FOR ${select}`);
    let [{ rows: done }, lastKey] = [from, from.lastKey];
    for (;;) {
      const { rows } = await this.client.query<unknown[]>({
        text: `FETCH ${rowsAtATime} FROM input_rows`,
        rowMode: 'array',
      });
      if (rows.length === 0) break;
      const unreadable = rows.map((row) => {
        const mine = row[columns.length] as string | null;
        const fault =
          mine === null ? `no ${this.key}` : mine === lastKey ? `${this.key} ${mine} is there twice` : undefined;
        lastKey = mine ?? lastKey;
        return fault ?? faultOf(columns, row);
      });
      const values = columns.map(({ name, type }, at) => [name, rows.map((row) => valueOf(type, row[at]))] as const);
      const read = { first: done + 1, count: rows.length, columns: new Map(values), unreadable };
      done += rows.length;
      yield { rows: read, position: { rows: done, lastKey } };
    }
    await this.client.query('COMMIT');
  }

  brokenLines(): Promise<[]> {
    return Promise.resolve([]);
  }

  close(): Promise<void> {
    return this.client.end();
  }
}

function faultOf(columns: readonly InputColumn[], row: readonly unknown[]): string | undefined {
  const bad = columns.find(({ type }, at) => row[at] !== null && valueOf(type, row[at]) === undefined);
  return bad && `column ${bad.name} holds no ${bad.type}`;
}

/** PostgreSQL's bigint and numeric come as texts, lest they lose digits. undefined: nothing, or of another type. */
function valueOf(type: ColumnType, value: unknown): TensorValue | undefined {
  if (value === null) return undefined;
  switch (type) {
    case 'number': {
      const number = typeof value === 'string' && value.trim() === '' ? NaN : Number(value);
      return Number.isNaN(number) && value !== 'NaN' ? undefined : number;
    }
    case 'text':
      return value instanceof Date ? value.toISOString() : String(value);
    case 'flag':
      return typeof value === 'boolean' ? value : undefined;
    case 'numbers':
      return Array.isArray(value) ? value.map(Number) : undefined;
    case 'texts':
      return Array.isArray(value) ? value.map(String) : undefined;
  }
}
