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

/** Classes that say "not now": connection, resources, operator, cannot connect yet. */
const unavailableStates = /^(08|53|57|58)/;
/** What pg and its pool say in words only. */
const unavailableWords =
  /ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|UNREACH|Connection terminated|Connection ended|timeout exceeded|read timeout|not queryable|already released|not connected|not established/i;

/** Whether the database could not be reached, or broke off: the same call may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isUnavailable);
  if (!(error instanceof Error)) return false;
  return (
    unavailableStates.test(sqlStateOf(error)) ||
    unavailableWords.test(`${(error as NodeJS.ErrnoException).code} ${error.message}`)
  );
}

/** Five characters of SQLSTATE; "" when PostgreSQL said nothing. */
function sqlStateOf(error: unknown): string {
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } };
  const state = driverError?.code ?? code;
  return typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) ? state : '';
}
