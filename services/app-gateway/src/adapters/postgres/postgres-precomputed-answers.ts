import { createHash } from 'node:crypto';
import type { Precomputed } from '@vinaigrette/documents';
import type { Logger } from '@vinaigrette/edge';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { PrecomputedItems } from '../../domain/choose-items.js';
import { PrecomputedAnswers } from '../../precomputed-answers.js';
import { openShopPool } from './shop-pool.js';

const CONNECTIONS_MAX = 8;

/** Questions that may wait for a connection; more than that, and the database is too slow to be asked. */
const WAITING_MAX = 64;

const reason = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('bought-together'),
    because: z.array(z.string()),
    confidence: z.number(),
    rule: z.number().optional(),
  }),
  z.object({ kind: z.literal('best-seller'), because: z.array(z.string()), baskets: z.number() }),
]);

/** A row as batches write it; anybody can write into a table. */
const row = z.object({
  model_version: z.number(),
  scored_at: z.date(),
  fallback: z.string().nullable(),
  offered: z.array(z.object({ sku: z.string(), score: z.number(), reasons: z.array(reason) })),
});

/** Tables that `vinaigrette batch score` has written, in the shop's PostgreSQL. */
export class PostgresPrecomputedAnswers extends PrecomputedAnswers {
  private readonly pool: Pool;
  private failing = false;

  constructor(
    url: string,
    private readonly log: Logger,
  ) {
    super();
    this.pool = openShopPool(url, CONNECTIONS_MAX, log);
  }

  async of(
    source: Precomputed,
    customer: string,
    versions: readonly number[],
    budgetMs: number,
  ): Promise<PrecomputedItems | undefined> {
    if (budgetMs <= 0 || this.pool.waitingCount >= WAITING_MAX) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, budgetMs, undefined)));
    const found = await Promise.race([this.find(source, customer, versions), late]);
    clearTimeout(timer);
    return found;
  }

  override close(): Promise<void> {
    return this.pool.end();
  }

  private async find(
    { table, key, ageMsMax }: Precomputed,
    customer: string,
    versions: readonly number[],
  ): Promise<PrecomputedItems | undefined> {
    try {
      const text = queryOf(table, key);
      const name = createHash('sha256').update(text).digest('hex').slice(0, 32);
      const { rows } = await this.pool.query({ name, text, values: [customer, versions, ageMsMax] });
      this.failing = false;
      if (rows.length === 0) return undefined;
      const { model_version: version, scored_at, fallback, offered: items } = row.parse(rows[0]);
      return { items, version, scoredAtMs: scored_at.getTime(), scored: fallback === null };
    } catch (error) {
      // Told once: there may be a thousand questions a second.
      if (!this.failing) this.log.warn({ err: error, table }, 'precomputed answers cannot be read');
      this.failing = true;
      return undefined;
    }
  }
}

/** Names were checked with the document: they are identifiers. */
function queryOf(table: string, key: string): string {
  const path = table
    .split('.')
    .map((name) => `"${name}"`)
    .join('.');
  return `SELECT model_version, scored_at, fallback, offered FROM ${path}
    WHERE "${key}" = $1 AND model_version = ANY($2::int[]) AND scored_at >= now() - $3::float8 * interval '1 millisecond'
    ORDER BY array_position($2::int[], model_version) LIMIT 1`;
}
