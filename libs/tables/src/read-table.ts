import { basename } from 'node:path';
import { digestOf } from './digest-of.js';
import type { Intake } from './intake.js';
import { readCsv } from './read-csv.js';
import { kindOf, nameOf, type SourceKind, type TableSource } from './table-source.js';

/** A row as every source gives it: trimmed texts in the order of the wanted columns, "" where there is nothing. */
export interface TableRow {
  /** Line of the file, the header being 1; of a database or a Parquet file the row, from 1. */
  line: number;
  fields: string[];
}

/** What is wrong with a row that cannot be used, and what stands there. */
export class BadRow {
  constructor(
    /** In words, the same for every row of its kind: `Quantity is no number`. */
    readonly reason: string,
    readonly found: string,
  ) {}
}

export interface TableReader<Row> {
  columns: readonly string[];
  /** Fields in the order of the columns. */
  parse(fields: readonly string[], line: number): Row | BadRow;
  /** Whether to notice rows that say the same as an earlier one; it takes memory with every row. */
  noticeRepeats?: boolean;
}

/**
 * The rows of a source, some thousands at a time, in its order; what cannot be used is counted in `intake`. It is the
 * one door of all training data: what lies behind it knows neither files nor databases.
 *
 * Throws FILE_UNREADABLE, DATABASE_UNREACHABLE, TRAINING_OPTION_INVALID, or TRAINING_DATA_INVALID where a column is
 * missing.
 */
export async function* readTable<Row>(
  source: TableSource,
  { columns, parse, noticeRepeats = false }: TableReader<Row>,
  intake: Intake,
): AsyncGenerator<Row[]> {
  const seen = new Set<string>();
  for await (const rows of rowsOf(source, columns, intake)) {
    const used: Row[] = [];
    for (const { line, fields } of rows) {
      const row = parse(fields, line);
      if (row instanceof BadRow) {
        intake.reject(line, row.reason, row.found === '' ? fields.join(',') : row.found);
        continue;
      }
      if (noticeRepeats) noticeRepeat(seen, fields, line, intake);
      used.push(row);
    }
    intake.use(used.length);
    yield used;
  }
}

/** All rows of a source at once, for those that fit into memory. Throws what `readTable` throws. */
export async function readWholeTable<Row>(
  source: TableSource,
  reader: TableReader<Row>,
  intake: Intake,
): Promise<Row[]> {
  const all: Row[] = [];
  for await (const rows of readTable(source, reader, intake)) for (const row of rows) all.push(row);
  return all;
}

/** What was read: the same digest, the same bytes. */
export interface SourceIdentity {
  /** Name of the file, or address of the database without user and password, with its table or query. */
  source: string;
  kind: SourceKind;
  /** Of the file as it is stored, or null. */
  bytes: number | null;
  /** SHA-256 of the file as it is stored, hexadecimal; null of a database, which goes on changing. */
  sha256: string | null;
}

/** Throws FILE_UNREADABLE, or TRAINING_OPTION_INVALID where a database lacks its table or query. */
export async function identify(source: TableSource): Promise<SourceIdentity> {
  const kind = kindOf(source);
  if (kind === 'postgres') return { source: nameOf(source), kind, bytes: null, sha256: null };
  return { source: basename(source.input), kind, ...(await digestOf(source.input)) };
}

/** DuckDB and the driver of PostgreSQL are loaded where they are needed: a training from CSV stays 35 MB smaller. */
async function* rowsOf(source: TableSource, columns: readonly string[], intake: Intake): AsyncGenerator<TableRow[]> {
  switch (kindOf(source)) {
    case 'csv':
      return yield* readCsv(source.input, columns, intake);
    case 'parquet': {
      const { readParquet } = await import('./read-parquet.js');
      return yield* readParquet(source.input, columns);
    }
    case 'postgres': {
      const { readPostgres } = await import('./read-postgres.js');
      for await (const rows of readPostgres(source, columns)) {
        for (const { fields } of rows) intake.digest(fields);
        yield rows;
      }
    }
  }
}

function noticeRepeat(seen: Set<string>, fields: readonly string[], line: number, intake: Intake): void {
  const text = JSON.stringify(fields);
  if (seen.has(text)) intake.notice(line, 'says what an earlier line says', fields.join(','));
  else seen.add(text);
}
