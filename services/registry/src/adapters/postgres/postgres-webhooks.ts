import { create } from '@bufbuild/protobuf';
import {
  DeliveryState,
  WebhookDeliverySchema,
  WebhookSchema,
  type Webhook,
  type WebhookDelivery,
} from '@vinaigrette/contracts/registry';
import type { AfterAttempt, Outcome } from '../../domain/webhooks/next-attempt.js';
import { Webhooks, type DeliveryWord, type DueMessage } from '../../webhooks.js';
import type { Database } from './database.js';

interface WebhookRow {
  id: string;
  url: string;
  types: string[];
  created_at: Date;
  created_by: string;
}

interface DeliveryRow {
  id: string;
  webhook_id: string;
  type: string;
  body_json: string;
  state: DeliveryWord;
  attempts: number;
  last_status: number;
  last_error: string;
  created_at: Date;
  last_attempt_at: Date | null;
  next_attempt_at: Date | null;
}

const WEBHOOK_COLUMNS = 'id, url, types, created_at, created_by';

export class PostgresWebhooks extends Webhooks {
  constructor(private readonly database: Database) {
    super();
  }

  async add(
    { id, url, types, createdBy }: { id: string; url: string; types: string[]; createdBy: string },
    secret: string,
  ): Promise<Webhook> {
    const [row] = await this.database.change<WebhookRow[]>(
      `INSERT INTO registry.webhook (id, url, types, secret, created_by) VALUES ($1, $2, $3, $4, $5)
       RETURNING ${WEBHOOK_COLUMNS}`,
      [id, url, types, secret, createdBy],
    );
    return webhookOf(row as WebhookRow);
  }

  async list(): Promise<Webhook[]> {
    const rows = await this.query<WebhookRow>(
      `SELECT ${WEBHOOK_COLUMNS} FROM registry.webhook WHERE removed_at IS NULL ORDER BY created_at, id`,
    );
    return rows.map(webhookOf);
  }

  secrets(): Promise<{ id: string; secret: string }[]> {
    return this.query('SELECT id, secret FROM registry.webhook WHERE removed_at IS NULL');
  }

  async keepSecret(id: string, before: string, after: string): Promise<void> {
    await this.query('UPDATE registry.webhook SET secret = $3 WHERE id = $1 AND secret = $2', [id, before, after]);
  }

  /** What waits for it is given up in the same transaction, and its secret is forgotten. */
  async remove(id: string): Promise<Webhook | undefined> {
    const [row] = await this.database.change<WebhookRow[]>(
      `WITH removed AS (
         UPDATE registry.webhook SET removed_at = now(), secret = '' WHERE id = $1 AND removed_at IS NULL
         RETURNING ${WEBHOOK_COLUMNS}
       ), given_up AS (
         UPDATE registry.webhook_delivery SET state = 'failed', next_attempt_at = NULL
         WHERE webhook_id = $1 AND state = 'pending'
       )
       SELECT * FROM removed`,
      [id],
    );
    return row && webhookOf(row);
  }

  async deliveries(webhookId: string, limit: number): Promise<WebhookDelivery[]> {
    const rows = await this.query<DeliveryRow>(
      `SELECT * FROM registry.webhook_delivery WHERE $1 = '' OR webhook_id::text = $1
       ORDER BY created_at DESC, id DESC LIMIT $2`,
      [webhookId, limit],
    );
    return rows.map(deliveryOf);
  }

  async replay(id: string): Promise<WebhookDelivery | undefined> {
    const [row] = await this.database.change<DeliveryRow[]>(
      `WITH due AS (
         UPDATE registry.webhook_delivery SET state = 'pending', attempts = 0, next_attempt_at = now()
         WHERE id = $1 AND webhook_id IN (SELECT id FROM registry.webhook WHERE removed_at IS NULL)
         RETURNING *
       )
       SELECT * FROM due`,
      [id],
    );
    return row && deliveryOf(row);
  }

  claim(limit: number, claimMs: number): Promise<DueMessage[]> {
    return this.query<DueMessage>(
      `WITH due AS (
         SELECT id FROM registry.webhook_delivery WHERE state = 'pending' AND next_attempt_at <= now()
         ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED
       ), claimed AS (
         UPDATE registry.webhook_delivery AS message
         SET attempts = attempts + 1, last_attempt_at = now(), next_attempt_at = now() + $2 * interval '1 millisecond'
         FROM due WHERE message.id = due.id RETURNING message.*
       )
       SELECT claimed.id, webhook_id AS "webhookId", url, secret, body_json AS "bodyJson", attempts
       FROM claimed JOIN registry.webhook ON webhook.id = webhook_id WHERE removed_at IS NULL
       ORDER BY claimed.created_at`,
      [limit, claimMs],
    );
  }

  async settle(id: string, outcome: Outcome, after: AfterAttempt): Promise<void> {
    await this.query(
      `WITH settled AS (
         UPDATE registry.webhook_delivery SET state = $2, last_status = $3, last_error = $4,
           next_attempt_at = now() + $5::bigint * interval '1 millisecond'
         WHERE id = $1 AND state = 'pending'
       )
       SELECT 1`,
      [
        id,
        after.state,
        'status' in outcome ? outcome.status : 0,
        'error' in outcome ? outcome.error : '',
        after.state === 'pending' ? after.waitMs : null,
      ],
    );
  }

  async forget(olderThanMs: number): Promise<void> {
    await this.query(
      `WITH forgotten AS (
         DELETE FROM registry.webhook_delivery
         WHERE state <> 'pending' AND created_at < now() - $1::bigint * interval '1 millisecond'
       )
       SELECT 1`,
      [olderThanMs],
    );
  }

  /** Each statement is a SELECT at its end, since TypeORM wraps the rows of all others. */
  private query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.database.query<Row[]>(text, values);
  }
}

const webhookOf = (row: WebhookRow): Webhook =>
  create(WebhookSchema, {
    id: row.id,
    url: row.url,
    types: row.types,
    createdAtMs: BigInt(row.created_at.getTime()),
    createdBy: row.created_by,
  });

const deliveryOf = (row: DeliveryRow): WebhookDelivery =>
  create(WebhookDeliverySchema, {
    id: row.id,
    webhookId: row.webhook_id,
    type: row.type,
    bodyJson: row.body_json,
    state: DeliveryState[row.state.toUpperCase() as Uppercase<DeliveryWord>],
    attempts: row.attempts,
    lastStatus: row.last_status,
    lastError: row.last_error,
    createdAtMs: BigInt(row.created_at.getTime()),
    lastAttemptAtMs: BigInt(row.last_attempt_at?.getTime() ?? 0),
    nextAttemptAtMs: BigInt(row.next_attempt_at?.getTime() ?? 0),
  });
