import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { FieldType, FieldValue, Lookup } from '@vinaigrette/documents';
import type { Logger } from '@vinaigrette/edge';
import { RowCache } from '../../domain/row-cache.js';
import { ShopTables, type ShopRow, type ShopRows } from '../../shop-tables.js';
import { openShopPool } from './shop-pool.js';

/** Connections to the shop's database: it has work of its own. */
const CONNECTIONS_MAX = 8;

/** Lookups that may wait for a connection; more than that, and the database is too slow to be asked. */
const WAITING_MAX = 64;

/** Tables whose rows are kept, over all use cases and their versions. */
const TABLES_MAX = 64;

/** SQLSTATEs of a key that the column cannot hold, such as a guest's id where ids are numbers: it has no row. */
const NOT_OF_THE_TYPE = ['22P02', '22003', '22021'];

/** The shop's PostgreSQL, read only. */
export class PostgresShopTables extends ShopTables {
  private readonly pool: Pool;
  private readonly tables = new Map<string, Table>();
  private readonly tableOfLookup = new WeakMap<Lookup, Table>();

  constructor(
    url: string,
    private readonly log: Logger,
  ) {
    super();
    this.pool = openShopPool(url, CONNECTIONS_MAX, log);
  }

  rows(lookup: Lookup, keys: readonly string[], budgetMs: number): ShopRows | Promise<ShopRows> {
    const table = this.tableOf(lookup);
    const rows = new Map<string, ShopRow>();
    const unknown: string[] = [];
    const nowMs = performance.now();
    for (const key of keys) {
      const row = table.cache.get(key, nowMs);
      if (row === undefined) unknown.push(key);
      else if (row !== null) rows.set(key, row);
    }
    if (unknown.length === 0) return rows;
    return this.inTime(rows, table, unknown, Math.min(lookup.timeoutMs, budgetMs));
  }

  override close(): Promise<void> {
    return this.pool.end();
  }

  /** What comes too late is kept all the same, for whoever asks next. */
  private async inTime(rows: Map<string, ShopRow>, table: Table, keys: string[], timeoutMs: number): Promise<ShopRows> {
    if (timeoutMs <= 0 || this.pool.waitingCount >= WAITING_MAX) return rows;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, timeoutMs, undefined)));
    const found = await Promise.race([this.fetch(table, keys), late]);
    clearTimeout(timer);
    for (const [key, row] of found ?? []) rows.set(key, row);
    return rows;
  }

  private async fetch(table: Table, keys: string[]): Promise<ShopRows> {
    const found = new Map<string, ShopRow>();
    try {
      const { rows } = await this.pool.query<unknown[]>({ ...table.query, values: [keys], rowMode: 'array' });
      for (const [places, ...values] of rows) {
        const row = rowOf(table.columns, values);
        for (const place of places as number[]) found.set(keys[place - 1] as string, row);
      }
      if (table.failing) this.log.info({ query: table.query.text }, 'lookups succeed again');
      table.failing = false;
    } catch (error) {
      if (!NOT_OF_THE_TYPE.includes((error as { code?: string }).code ?? '')) {
        // Told once: there may be a thousand lookups a second.
        if (!table.failing) this.log.warn({ err: error, query: table.query.text }, 'lookups fail; fields are unknown');
        table.failing = true;
        return found;
      }
      // One of them must not hide the rows of the others.
      const half = keys.length >> 1;
      if (half > 0) {
        const first = await this.fetch(table, keys.slice(0, half));
        return new Map([...first, ...(await this.fetch(table, keys.slice(half)))]);
      }
    }
    for (const key of keys) table.cache.set(key, found.get(key) ?? null, performance.now());
    return found;
  }

  private tableOf(lookup: Lookup): Table {
    const known = this.tableOfLookup.get(lookup);
    if (known) return known;
    const identity = JSON.stringify(lookup);
    const table = this.tables.get(identity) ?? newTable(lookup);
    this.tables.delete(identity);
    this.tables.set(identity, table);
    if (this.tables.size > TABLES_MAX) this.tables.delete(this.tables.keys().next().value as string);
    this.tableOfLookup.set(lookup, table);
    return table;
  }
}

interface Table {
  query: { name: string; text: string };
  columns: readonly [string, FieldType][];
  cache: RowCache<ShopRow>;
  /** Whether the last lookup failed. */
  failing: boolean;
}

/**
 * Names were checked with the document: they are identifiers. Keys are values, and travel beside the text. The column
 * says which type they are of, so that its index serves; a row says the places of the keys it is for, since a column may
 * write a key in another way than it was asked for: `ab` padded, `007` without its zeros.
 */
function newTable({ table, key, columns, cache }: Lookup): Table {
  const named = Object.entries(columns);
  const quoted = (name: string) => `"${name}"`;
  const list = [`array_positions($1, ${quoted(key)})`, ...named.map(([name]) => quoted(name))].join(', ');
  const text = `SELECT ${list} FROM ${table.split('.').map(quoted).join('.')} WHERE ${quoted(key)} = ANY($1)`;
  const name = createHash('sha256').update(text).digest('hex').slice(0, 32);
  return { query: { name, text }, columns: named, cache: new RowCache(cache.rowsMax, cache.ageMs), failing: false };
}

function rowOf(columns: Table['columns'], values: readonly unknown[]): ShopRow {
  const row: Record<string, FieldValue> = {};
  columns.forEach(([name, type], index) => {
    const value = valueOf(type, values[index]);
    if (value !== undefined) row[name] = value;
  });
  return row;
}

/** PostgreSQL's bigint and numeric come as texts, lest they lose digits; here a number is a double. */
function valueOf(type: FieldType, value: unknown): FieldValue | undefined {
  if (value === null || value === undefined) return undefined;
  switch (type) {
    case 'number':
      return Number(value);
    case 'text':
      return value instanceof Date ? value.toISOString() : String(value);
    case 'flag':
      return value === true;
    case 'texts':
      return Array.isArray(value) ? value.map(String) : undefined;
  }
}
