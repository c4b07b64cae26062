import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@vinaigrette/edge';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { isUnavailable } from './database.js';
import { FirstTables1763683200000 } from './migrations/0001-first-tables.js';

/** Any number, the same in every monitor: only one of them migrates at a time. */
const MIGRATION_LOCK = 7_466_302;
const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 5_000;

export function dataSourceOptions(url: string, logger: Logger): DataSourceOptions & { type: 'postgres' } {
  return {
    type: 'postgres',
    url,
    schema: 'drift_monitor',
    applicationName: 'vinaigrette-drift-monitor',
    migrations: [FirstTables1763683200000],
    migrationsTableName: 'migration',
    installExtensions: false,
    connectTimeoutMS: 10_000, // also the longest wait for a free connection of the pool
    poolErrorHandler: (error: Error) => logger.warn({ err: error }, 'an idle PostgreSQL connection broke'),
    // query_timeout is the client's own: it ends also what a server that has stopped answering would never end.
    extra: { max: 10, statement_timeout: 60_000, query_timeout: 65_000, keepAlive: true },
  };
}

/**
 * Connects and brings the schema up to date. While PostgreSQL cannot be reached it waits, says so, and tries again, for
 * ever; any other error (a wrong password, a failing migration) is thrown.
 */
export async function openDatabase(options: DataSourceOptions, logger: Logger): Promise<DataSource> {
  for (let retryMs = RETRY_MS_MIN; ; retryMs = Math.min(retryMs * 2, RETRY_MS_MAX)) {
    const dataSource = new DataSource(options);
    try {
      await dataSource.initialize();
      await migrate(dataSource);
      return dataSource;
    } catch (error) {
      if (dataSource.isInitialized) await dataSource.destroy();
      if (!isUnavailable(error)) throw error;
      logger.warn({ retryMs, reason: (error as Error).message }, 'waiting for PostgreSQL');
      await sleep(retryMs);
    }
  }
}

async function migrate(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await runner.query('CREATE SCHEMA IF NOT EXISTS drift_monitor');
    await dataSource.runMigrations({ transaction: 'all' });
    await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
  } finally {
    await runner.release();
  }
}
