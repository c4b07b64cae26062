import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@vinaigrette/edge';
import pg from 'pg';
import { WANTED_CHANNEL } from './wanted-revision.js';

const RETRY_MS = 1_000;

/**
 * Calls `changed` whenever any registry on this database changes the wanted state. Listens on a connection of its own,
 * opens it again for ever when it breaks, and calls `changed` after that, since notices are not kept for the absent.
 * Resolves once `signal` aborts.
 */
export async function hearChanges(
  url: string,
  logger: Logger,
  signal: AbortSignal,
  changed: () => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await listen(url, signal, changed);
    } catch (error) {
      logger.warn({ reason: (error as Error).message, retryMs: RETRY_MS }, 'not listening to PostgreSQL');
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Resolves when the signal aborts, rejects when the connection breaks. */
async function listen(url: string, signal: AbortSignal, changed: () => void): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'vinaigrette-registry-listener',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  let stop = (): void => undefined;
  const over = new Promise<void>((resolve, reject) => {
    client.on('error', reject);
    client.on('end', () => reject(new Error('the connection ended')));
    stop = resolve;
  });
  over.catch(() => undefined); // it may reject before anybody awaits it
  signal.addEventListener('abort', stop);
  try {
    await client.connect();
    client.on('notification', changed);
    await client.query(`LISTEN ${WANTED_CHANNEL}`);
    changed();
    await over;
  } finally {
    signal.removeEventListener('abort', stop);
    void client.end().catch(() => undefined); // not awaited: a server that hangs never answers it
  }
}
