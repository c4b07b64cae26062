import type { Logger } from '@vinaigrette/edge';
import { Pool } from 'pg';

/** No statement goes on longer than any lookup may wait, in milliseconds. */
const STATEMENT_TIMEOUT_MS = 1_000;

/** A connection that says nothing for this long is given up, in milliseconds: its other end may be gone without a word. */
const SILENCE_MAX_MS = 2 * STATEMENT_TIMEOUT_MS;

/** Connections to the shop's PostgreSQL, read only. */
export function openShopPool(url: string, connectionsMax: number, log: Logger): Pool {
  const pool = new Pool({
    connectionString: url,
    max: connectionsMax,
    application_name: 'vinaigrette-app-gateway',
    connectionTimeoutMillis: STATEMENT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: SILENCE_MAX_MS,
    options: '-c default_transaction_read_only=on',
  });
  pool.on('error', (error) => log.warn({ err: error }, "an idle connection to the shop's database broke"));
  return pool;
}
