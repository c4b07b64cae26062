import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Acting1763740800005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What the registry last wanted, whole: the monitor measures by it when the registry is away.
      CREATE TABLE drift_monitor.wanted_state (
        id boolean PRIMARY KEY DEFAULT true CHECK (id),
        revision bigint NOT NULL,
        state jsonb NOT NULL
      );
      -- In how many windows in a row a version broke its guard.
      CREATE TABLE drift_monitor.guard_memory (
        model text NOT NULL,
        version bigint NOT NULL,
        broken integer NOT NULL,
        judged_to_ms bigint NOT NULL,
        PRIMARY KEY (model, version)
      );
      -- What the monitor decided to do, why, and what came of it.
      CREATE TABLE drift_monitor.action (
        key text PRIMARY KEY, -- the same decision is taken once
        model text NOT NULL,
        version bigint NOT NULL,
        kind text NOT NULL,
        detail jsonb NOT NULL,
        why text NOT NULL,
        evidence jsonb NOT NULL,
        decided_ms bigint NOT NULL,
        state text NOT NULL, -- dry-run, decided, done, refused
        answer text NOT NULL DEFAULT ''
      );
      CREATE INDEX action_model ON drift_monitor.action (model, decided_ms);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE drift_monitor.action, drift_monitor.guard_memory, drift_monitor.wanted_state');
  }
}
