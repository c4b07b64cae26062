import { isUnavailable, sqlStateOf } from '@vinaigrette/postgres';
import { Problem } from '@vinaigrette/problems';
import type { DataSource, EntityManager } from 'typeorm';
import { DataRefused } from '../../ledger.js';

/** Transactions on the monitor's tables, with the database's failures told apart: not now, or never. */
export class Database {
  constructor(private readonly dataSource: DataSource) {}

  /** Statements that happen all or not at all. When the connection breaks at COMMIT, nobody knows which. */
  write<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return told(() => this.dataSource.transaction('READ COMMITTED', work));
  }

  /** The rows of one statement. */
  rows<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return told(() => this.dataSource.query<T[]>(sql, parameters));
  }
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (isUnavailable(cause)) throw new Problem('UPSTREAM_UNAVAILABLE', 'PostgreSQL does not answer', { cause });
    if (/^(22|23)/.test(sqlStateOf(cause))) throw new DataRefused((cause as Error).message, { cause });
    throw cause;
  }
}
