import { Problem } from '@vinaigrette/problems';

/** Where rows come from, as people write it. */
export interface TableSource {
  /** Path of a CSV (`.csv`, `.csv.gz`, `.txt` ...) or Parquet file (`.parquet`), or the address of a PostgreSQL. */
  input: string;
  /** Of a PostgreSQL, one of the two: a table, with its schema if need be, or a query. */
  table?: string | undefined;
  query?: string | undefined;
}

/** How the rows of a source are reached. */
export type SourceKind = 'csv' | 'parquet' | 'postgres';

/** Throws TRAINING_OPTION_INVALID where a database lacks its table or query, or a file has one. */
export function kindOf({ input, table, query }: TableSource): SourceKind {
  const isDatabase = /^postgres(ql)?:\/\//.test(input);
  const chosen = [table, query].filter((text) => text !== undefined).length;
  if (isDatabase && chosen !== 1) {
    throw new Problem('TRAINING_OPTION_INVALID', 'A database wants either a table or a query', { field: 'query' });
  }
  if (!isDatabase && chosen > 0) {
    const field = query === undefined ? 'table' : 'query';
    throw new Problem('TRAINING_OPTION_INVALID', `${field} is for a database, and ${input} is a file`, { field });
  }
  if (isDatabase) return 'postgres';
  return input.endsWith('.parquet') ? 'parquet' : 'csv';
}

/** The source in words that may be shown: without user and password. */
export function nameOf({ input, table, query }: TableSource): string {
  if (!/^postgres(ql)?:\/\//.test(input)) return input;
  const { host, pathname } = new URL(input);
  return `postgres://${host}${pathname} ${table ?? `(${query ?? ''})`}`;
}
