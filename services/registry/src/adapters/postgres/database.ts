import { isUnavailable } from '@vinaigrette/postgres';
import { Problem } from '@vinaigrette/problems';
import type { DataSource, EntityManager } from 'typeorm';
import type { AuditedLine } from '../../access-keys.js';
import { PostgresAuditedCall } from './audited-calls.js';

/** Transactions on the registry's tables. A database that does not answer is UPSTREAM_UNAVAILABLE, whatever it threw. */
export class Database {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Statements that happen all or not at all, with the line in the audit of the call they are the first of. When the
   * connection breaks at COMMIT, nobody knows which.
   */
  async write<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const call = PostgresAuditedCall.current();
    const done = await reached(() =>
      this.dataSource.transaction('READ COMMITTED', async (manager) => {
        const worked = await work(manager);
        await call?.writeIn(manager);
        return worked;
      }),
    );
    call?.didCommit();
    return done;
  }

  /** One statement that a call is about, with its line in the audit. */
  change<Rows>(text: string, values: unknown[]): Promise<Rows> {
    return this.write((manager) => manager.query<Rows>(text, values));
  }

  /** Statements that all see the same moment. */
  read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return reached(() => this.dataSource.transaction('REPEATABLE READ', work));
  }

  /** A call whose line comes with what it writes. */
  audited(line: AuditedLine): PostgresAuditedCall {
    return new PostgresAuditedCall(line, (text, values) => this.query(text, values));
  }

  /** One statement alone: it happens or not and sees one moment by itself, without the way there and back of a transaction. */
  query<Rows>(text: string, values: unknown[] = []): Promise<Rows> {
    return reached(() => this.dataSource.query<Rows>(text, values));
  }

  /** What statements that all see the same moment answer, one after the other, for as long as somebody reads on. */
  async *stream<T>(work: (manager: EntityManager) => AsyncIterable<T>): AsyncIterable<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await reached(() => runner.startTransaction('REPEATABLE READ'));
      yield* work(runner.manager);
      await runner.commitTransaction();
    } finally {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      await runner.release();
    }
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
