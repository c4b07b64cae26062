import { randomBytes } from 'node:crypto';
import { createLogger } from '@vinaigrette/edge';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { openDatabase } from '@vinaigrette/postgres';
import { dataSourceOptions } from '../src/adapters/postgres/data-source.js';

export interface TestDatabase {
  url: string;
  /** A pool of its own, as every monitor has. */
  connect(): Promise<DataSource>;
  drop(): Promise<void>;
}

/** A database of this suite's own on the server of DATABASE_URL. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env.DATABASE_URL as string;
  const name = `vinaigrette_drift_monitor_${randomBytes(6).toString('hex')}`;
  const statement = async (sql: string) => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await statement(`CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).toString();
  const open: DataSource[] = [];
  const logger = createLogger('test', 'silent');
  return {
    url,
    async connect() {
      const source = await openDatabase(dataSourceOptions(url, logger), logger);
      open.push(source);
      return source;
    },
    async drop() {
      for (const source of open) await source.destroy();
      await statement(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}
