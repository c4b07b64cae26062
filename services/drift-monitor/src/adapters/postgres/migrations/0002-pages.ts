import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Pages1763740800002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE drift_monitor.page (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        model text NOT NULL,
        version bigint NOT NULL,
        severity text NOT NULL,
        since_ms bigint NOT NULL,
        ended_ms bigint, -- null: it goes on
        summary text NOT NULL,
        description text NOT NULL,
        details jsonb NOT NULL
      );
      CREATE UNIQUE INDEX page_open ON drift_monitor.page (name, model, version) WHERE ended_ms IS NULL;
      -- The outbox: written with the page, one row for each receiver that is to be told.
      CREATE TABLE drift_monitor.page_delivery (
        page_id uuid NOT NULL REFERENCES drift_monitor.page ON DELETE CASCADE,
        receiver text NOT NULL,
        told jsonb NOT NULL,
        PRIMARY KEY (page_id, receiver)
      );
      CREATE TABLE drift_monitor.silence (
        id uuid PRIMARY KEY,
        matchers jsonb NOT NULL,
        starts_ms bigint NOT NULL,
        ends_ms bigint NOT NULL,
        created_by text NOT NULL,
        comment text NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE drift_monitor.silence, drift_monitor.page_delivery, drift_monitor.page');
  }
}
