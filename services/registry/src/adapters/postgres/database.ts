import { Problem } from '@vinaigrette/problems';
import type { DataSource, EntityManager } from 'typeorm';

/** Transactions on the registry's tables. A database that does not answer is UPSTREAM_UNAVAILABLE, whatever it threw. */
export class Database {
  constructor(private readonly dataSource: DataSource) {}

  /** Statements that happen all or not at all. When the connection breaks at COMMIT, nobody knows which. */
  write<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return reached(() => this.dataSource.transaction('READ COMMITTED', work));
  }

  /** Statements that all see the same moment. */
  read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return reached(() => this.dataSource.transaction('REPEATABLE READ', work));
  }
}

/** Holds others off until the transaction ends: those who ask for the same words wait for each other. */
export async function lockUntilCommit(manager: EntityManager, ...words: string[]): Promise<void> {
  await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [words.join('/')]);
}

async function reached<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isUnavailable(cause)) throw cause;
    throw new Problem('UPSTREAM_UNAVAILABLE', 'PostgreSQL does not answer', { cause });
  }
}

/** SQLSTATE classes and codes that say "not now": connection, resources, operator, cannot connect yet. */
const unavailableStates = /^(08|53|57|55P03|58)/;
const unavailableErrnos = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
/** What pg and its pool say in words only. */
const unavailableWords =
  /Connection terminated|Connection ended|timeout exceeded when trying to connect|Query read timeout|not queryable|QueryRunnerAlreadyReleased|Driver not Connected|Connection is not established/i;

/** Whether the database could not be reached, or broke off: the same call may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isUnavailable);
  const { code } = error as NodeJS.ErrnoException;
  const driverError: unknown = 'driverError' in error ? error.driverError : undefined;
  return (
    (code !== undefined && (unavailableErrnos.has(code) || unavailableStates.test(code))) ||
    unavailableWords.test(`${error.name} ${error.message}`) ||
    (driverError !== error && isUnavailable(driverError))
  );
}
