import { stat } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance, type DuckDBConnection, type DuckDBDataChunk } from '@duckdb/node-api';
import type { TensorValue } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import type { ColumnType, InputColumn } from '../domain/batch-plan.js';
import { inParts, type BatchRows, type Rejected } from '../domain/batch-rows.js';
import type { BatchSource, Position, Read } from './batch-source.js';

const sqlTypes: Record<ColumnType, string> = {
  number: 'DOUBLE',
  text: 'VARCHAR',
  flag: 'BOOLEAN',
  numbers: 'DOUBLE[]',
  texts: 'VARCHAR[]',
};

/** Broken lines told one by one; the others are only counted. */
const BROKEN_LINES_TOLD = 10_000;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A CSV file (UTF-8, with a header) or a Parquet file, read by DuckDB on one thread, which keeps the order. */
export async function openFile(file: string): Promise<BatchSource> {
  const absolute = path.resolve(file);
  try {
    const { size, mtimeMs } = await stat(absolute);
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    const reader = /\.(parquet|pq)$/i.test(file) ? new Parquet(connection, absolute) : new Csv(connection, absolute);
    const columns = await reader.columnTypes();
    return new FileSource(`${absolute} ${size} ${mtimeMs}`, reader, columns, connection, () => instance.closeSync());
  } catch (cause) {
    throw new Problem('FILE_UNREADABLE', `Cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
}

class FileSource implements BatchSource {
  readonly columns: readonly string[];

  constructor(
    readonly identity: string,
    private readonly file: Csv | Parquet,
    private readonly types: ReadonlyMap<string, string>,
    private readonly connection: DuckDBConnection,
    private readonly end: () => void,
  ) {
    this.columns = [...types.keys()];
  }

  async count(): Promise<number> {
    const counted = await this.connection.runAndReadAll(`SELECT count(*) FROM ${this.file.from}`);
    return Number(counted.getRows()[0]?.[0]);
  }

  async *read(columns: readonly InputColumn[], from: Position, rowsAtATime: number): AsyncGenerator<Read> {
    const values = columns.map((column) => this.file.value(column, this.types.get(column.name) ?? ''));
    const faults = columns.flatMap((column) => this.file.fault(column));
    const unreadable = faults.length === 0 ? 'NULL::VARCHAR' : `CASE ${faults.join(' ')} END`;
    const select = `SELECT ${[...values, unreadable].join(', ')} FROM ${this.file.from} OFFSET ${from.rows}`;
    const result = await this.connection.stream(select);
    let { rows: done } = from;
    let chunks: DuckDBDataChunk[] = [];
    let count = 0;
    for (;;) {
      const chunk = await result.fetchChunk();
      const ended = !chunk || chunk.rowCount === 0;
      if (!ended) {
        chunks.push(chunk);
        count += chunk.rowCount;
      }
      if (count >= rowsAtATime || (ended && count > 0)) {
        for (const rows of inParts(rowsOf(columns, chunks, done + 1, count), rowsAtATime)) {
          done += rows.count;
          yield { rows, position: { rows: done } };
        }
        [chunks, count] = [[], 0];
      }
      if (ended) return;
    }
  }

  brokenLines(): Promise<Rejected[]> {
    return this.file.brokenLines();
  }

  close(): Promise<void> {
    this.connection.closeSync();
    this.end();
    return Promise.resolve();
  }
}

/** Everything is read as text first, so that no guess at types from the first lines decides what the rest means. */
class Csv {
  readonly from: string;

  constructor(
    private readonly connection: DuckDBConnection,
    file: string,
  ) {
    this.from = `read_csv('${file.replaceAll("'", "''")}', header = true, all_varchar = true, store_rejects = true, rejects_limit = ${BROKEN_LINES_TOLD})`;
  }

  async columnTypes(): Promise<Map<string, string>> {
    return columnTypes(this.connection, this.from);
  }

  value({ name, type }: InputColumn): string {
    const text = quoted(name);
    if (type === 'text') return text;
    if (type !== 'numbers' && type !== 'texts') return `TRY_CAST(trim(${text}) AS ${sqlTypes[type]})`;
    const list = `CASE WHEN ${text} LIKE '[%' THEN TRY_CAST(${text} AS JSON)::${sqlTypes[type]} ELSE TRY_CAST(string_split(${text}, ';') AS ${sqlTypes[type]}) END`;
    return type === 'texts' ? `CASE WHEN ${text} IS NULL THEN []::VARCHAR[] ELSE ${list} END` : list;
  }

  /** Arms of a CASE that say what stands where another type is wanted. */
  fault(column: InputColumn): string[] {
    if (column.type === 'text') return [];
    const text = quoted(column.name);
    const why = `'column ${column.name.replaceAll("'", "''")} holds no ${column.type}: ' || left(${text}, 64)`;
    return [`WHEN ${text} IS NOT NULL AND ${this.value(column)} IS NULL THEN ${why}`];
  }

  async brokenLines(): Promise<Rejected[]> {
    const told = await this.connection.runAndReadAll(
      'SELECT DISTINCT line, error_type::VARCHAR, left(csv_line, 200) FROM reject_errors ORDER BY line',
    );
    return told.getRows().map(([line, error, text]) => ({
      where: `line ${String(line)}`,
      code: 'FILE_UNREADABLE',
      why: `${String(error).toLowerCase()}: ${String(text)}`,
    }));
  }
}

/** What is there has its type already; one that cannot be made the wanted one is refused before the first row. */
class Parquet {
  readonly from: string;

  constructor(
    private readonly connection: DuckDBConnection,
    file: string,
  ) {
    this.from = `read_parquet('${file.replaceAll("'", "''")}')`;
  }

  async columnTypes(): Promise<Map<string, string>> {
    return columnTypes(this.connection, this.from);
  }

  value({ name, type }: InputColumn, stored: string): string {
    if (stored === sqlTypes[type]) return quoted(name);
    return `TRY_CAST(${quoted(name)} AS ${sqlTypes[type]})`;
  }

  fault(column: InputColumn): string[] {
    const why = `'column ${column.name.replaceAll("'", "''")} holds no ${column.type}'`;
    return [`WHEN ${quoted(column.name)} IS NOT NULL AND ${this.value(column, '')} IS NULL THEN ${why}`];
  }

  brokenLines(): Promise<Rejected[]> {
    return Promise.resolve([]);
  }
}

async function columnTypes(connection: DuckDBConnection, from: string): Promise<Map<string, string>> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`);
  return new Map(described.getRows().map(([name, type]) => [String(name), String(type)]));
}

function rowsOf(
  columns: readonly InputColumn[],
  chunks: readonly DuckDBDataChunk[],
  first: number,
  count: number,
): BatchRows {
  const read = columns.map(({ name }, at) => [name, valuesOf(chunks, at, count)] as const);
  const unreadable = valuesOf(chunks, columns.length, count) as (string | undefined)[];
  return { first, count, columns: new Map(read), unreadable };
}

function valuesOf(chunks: readonly DuckDBDataChunk[], at: number, count: number): (TensorValue | undefined)[] {
  const values = new Array<TensorValue | undefined>(count);
  let to = 0;
  for (const chunk of chunks) {
    const [vector, { rowCount }] = [chunk.getColumnVector(at), chunk];
    for (let row = 0; row < rowCount; row++) values[to++] = valueOf(vector.getItem(row));
  }
  return values;
}

function valueOf(item: unknown): TensorValue | undefined {
  if (item === null) return undefined;
  if (typeof item === 'object') return (item as { items: readonly unknown[] }).items.map((one) => one as string);
  return item as TensorValue;
}
