import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@vinaigrette/embedded-postgres';
import { Problem } from '@vinaigrette/problems';
import pg from 'pg';
import { backOffMs } from '../domain/back-off.js';

/** The PostgreSQL that the services use. */
export interface Database {
  url: string;
  /** Where it is, without its password. */
  where: string;
  stop(): Promise<void>;
}

/** Somebody else's server: looked at once, never stopped. Throws DATABASE_UNREACHABLE. */
export async function givenDatabase(url: string): Promise<Database> {
  const { host, pathname } = new URL(url);
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined); // told by the call that fails
  try {
    await client.connect();
    await client.query('SELECT 1');
  } catch (error) {
    const message = `The PostgreSQL that DATABASE_URL names (${host}) does not let us in: ${(error as Error).message}`;
    throw new Problem('DATABASE_UNREACHABLE', message, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
  return { url, where: `${host}${pathname}, as DATABASE_URL says`, stop: async () => undefined };
}

/** The house's own server: started or adopted, and started again on the same port and data when it dies. */
export async function ownDatabase(stateDir: string, tell: (news: string) => void): Promise<Database> {
  const dataDir = path.join(stateDir, 'postgres');
  let server = await startEmbeddedPostgres({ dataDir });
  const { url, port, adopted } = server;
  const stopping = new AbortController();
  const watching = watch();

  async function watch(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted;) {
      await sleep(failures > 0 ? backOffMs(failures) : 1_000, undefined, { signal: stopping.signal }).catch(
        () => undefined,
      );
      if (stopping.signal.aborted || (await server.isRunning())) continue;
      if (failures === 0) tell(`PostgreSQL died; starting it again. Its log: ${server.logFile}`);
      const again = await startEmbeddedPostgres({ dataDir, port }).catch((error: Error) => tell(error.message));
      failures = again ? 0 : failures + 1;
      if (!again) continue;
      server = again as EmbeddedPostgres;
      tell('PostgreSQL is back');
    }
  }

  return {
    url,
    where: `127.0.0.1:${port}, its own${adopted ? ' (found running)' : ''}, data in ${path.join(dataDir, 'data')}`,
    async stop() {
      stopping.abort();
      await watching;
      await server.stop();
    },
  };
}
