import type { EntityManager } from 'typeorm';
import type { EventType } from '../../domain/webhooks/check-webhook.js';

/**
 * Writes what happened for everyone who is to be told, in the transaction in which it happens: told when it commits, and
 * only then. `data`: plain JSON.
 */
export async function announce(manager: EntityManager, type: EventType, data: object): Promise<void> {
  const body = { type, timestamp: new Date().toISOString(), data };
  await manager.query(
    `INSERT INTO registry.webhook_delivery (webhook_id, type, body_json)
     SELECT id, $1, $2 FROM registry.webhook WHERE removed_at IS NULL AND (types = '{}' OR $1 = ANY (types))`,
    [type, JSON.stringify(body)],
  );
}
