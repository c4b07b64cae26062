import { DuckDBInstance, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';

/** The monitor judges beside it: DuckDB gets one thread, and spills what does not fit. */
const settings = { threads: '1', memory_limit: '512MB', TimeZone: 'UTC' };

/** A DuckDB in memory, opened when it is first asked. */
export class DuckDb {
  private instance: Promise<DuckDBInstance> | undefined;

  /** A connection of one's own: what it makes is TEMP, and gone with it. */
  async with<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    this.instance ??= open();
    const connection = await (await this.instance).connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  }
}

async function open(): Promise<DuckDBInstance> {
  const { TimeZone, ...options } = settings;
  const instance = await DuckDBInstance.create(':memory:', options);
  const connection = await instance.connect();
  await connection.run(`SET GLOBAL TimeZone = '${TimeZone}'`).catch(() => undefined);
  connection.closeSync();
  return instance;
}

export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export type Parameter = DuckDBValue;
