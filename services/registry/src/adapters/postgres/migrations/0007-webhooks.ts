import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who is told of changes, and each message to each of them. */
export class Webhooks1764115200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE registry.webhook (
        id uuid PRIMARY KEY,
        url text NOT NULL,
        types text[] NOT NULL,
        secret text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        created_by text NOT NULL,
        removed_at timestamptz
      );
      CREATE TABLE registry.webhook_delivery (
        id text PRIMARY KEY DEFAULT 'msg_' || gen_random_uuid(),
        webhook_id uuid NOT NULL,
        type text NOT NULL,
        body_json text NOT NULL,
        state text NOT NULL DEFAULT 'pending',
        attempts integer NOT NULL DEFAULT 0,
        last_status integer NOT NULL DEFAULT 0,
        last_error text NOT NULL DEFAULT '',
        created_at timestamptz NOT NULL DEFAULT now(),
        last_attempt_at timestamptz,
        next_attempt_at timestamptz DEFAULT now()
      );
      CREATE INDEX webhook_delivery_due ON registry.webhook_delivery (next_attempt_at) WHERE state = 'pending';
      CREATE INDEX webhook_delivery_webhook ON registry.webhook_delivery (webhook_id, created_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE registry.webhook, registry.webhook_delivery');
  }
}
