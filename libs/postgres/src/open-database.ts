import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@vinaigrette/edge';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { isUnavailable } from './availability.js';

const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 5_000;
/** The client's own limit comes after the server's: it ends also what a server that has stopped answering would not. */
const CLIENT_GRACE_MS = 5_000;

export interface PostgresSettings {
  url: string;
  /** The service's own schema; made when it is missing. */
  schema: string;
  statementTimeoutMs: number;
  /** The server ends a transaction in which nothing was asked for so long, and frees its locks; absent: never. */
  idleTransactionTimeoutMs?: number;
  migrations: NonNullable<DataSourceOptions['migrations']>;
  entities?: NonNullable<DataSourceOptions['entities']>;
}

type PostgresOptions = DataSourceOptions & { type: 'postgres'; schema: string };

/** How a service speaks to its schema: ten connections, statements that end, broken connections told and replaced. */
export function postgresOptions(settings: PostgresSettings, logger: Logger): PostgresOptions {
  const { url, schema, statementTimeoutMs, idleTransactionTimeoutMs, migrations, entities = [] } = settings;
  return {
    type: 'postgres',
    url,
    schema,
    applicationName: `vinaigrette-${schema.replace('_', '-')}`,
    entities,
    migrations,
    migrationsTableName: 'migration',
    installExtensions: false,
    connectTimeoutMS: 10_000, // also the longest wait for a free connection of the pool
    poolErrorHandler: (error: Error) => logger.warn({ err: error }, 'an idle PostgreSQL connection broke'),
    extra: {
      max: 10,
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + CLIENT_GRACE_MS,
      keepAlive: true,
      ...(idleTransactionTimeoutMs && { idle_in_transaction_session_timeout: idleTransactionTimeoutMs }),
    },
  };
}

/**
 * Connects and brings the schema up to date; of several processes one migrates, the others wait. While PostgreSQL
 * cannot be reached it waits, says so, and tries again, for ever; any other error (a wrong password, a failing
 * migration) is thrown.
 */
export async function openDatabase(options: PostgresOptions, logger: Logger): Promise<DataSource> {
  for (let retryMs = RETRY_MS_MIN; ; retryMs = Math.min(retryMs * 2, RETRY_MS_MAX)) {
    const dataSource = new DataSource(options);
    try {
      await dataSource.initialize();
      await migrate(dataSource, options.schema);
      return dataSource;
    } catch (error) {
      if (dataSource.isInitialized) await dataSource.destroy();
      if (!isUnavailable(error)) throw error;
      logger.warn({ retryMs, reason: (error as Error).message }, 'waiting for PostgreSQL');
      await sleep(retryMs);
    }
  }
}

async function migrate(dataSource: DataSource, schema: string): Promise<void> {
  const runner = dataSource.createQueryRunner();
  const lock = [`migrate ${schema}`];
  try {
    await runner.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', lock);
    await runner.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
    await dataSource.runMigrations({ transaction: 'all' });
    await runner.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', lock);
  } finally {
    await runner.release();
  }
}
