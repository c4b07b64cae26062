import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rollouts, and for each alias who held it before. */
export class Rollouts1763769600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE registry.alias_change ADD COLUMN rolled_back boolean NOT NULL DEFAULT false;
      ALTER TABLE registry.alias ADD COLUMN previous integer NOT NULL DEFAULT 0;
      UPDATE registry.alias held SET previous = (
        SELECT from_version FROM registry.alias_change change
        WHERE (change.kind, change.name, change.alias) = (held.kind, held.name, held.alias)
        ORDER BY change.id DESC LIMIT 1
      )
      WHERE EXISTS (
        SELECT FROM registry.alias_change change
        WHERE (change.kind, change.name, change.alias) = (held.kind, held.name, held.alias)
      );
      ALTER TABLE registry.alias ALTER COLUMN previous DROP DEFAULT;
      CREATE TABLE registry.rollout (
        id uuid NOT NULL,
        subject_kind text NOT NULL,
        name text NOT NULL,
        alias text NOT NULL,
        candidate integer NOT NULL,
        control integer NOT NULL,
        kind text NOT NULL,
        variant text NOT NULL,
        steps_bps integer[] NOT NULL,
        segment_bps jsonb NOT NULL,
        step_ms bigint NOT NULL,
        samples_min bigint NOT NULL,
        salt text NOT NULL,
        state text NOT NULL,
        step integer NOT NULL,
        actor text NOT NULL,
        reason text NOT NULL,
        started_at timestamptz NOT NULL DEFAULT now(),
        step_since timestamptz NOT NULL DEFAULT now(),
        changed_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT rollout_key PRIMARY KEY (id)
      );
      CREATE INDEX rollout_subject ON registry.rollout (subject_kind, name);
      CREATE TABLE registry.rollout_change (
        id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        rollout_id uuid NOT NULL,
        state text NOT NULL,
        step integer NOT NULL,
        actor text NOT NULL,
        reason text NOT NULL,
        evidence_json text NOT NULL,
        verdict text,
        changed_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT rollout_change_key PRIMARY KEY (id)
      );
      CREATE INDEX rollout_change_rollout ON registry.rollout_change (rollout_id, id);
      CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.rollout_change
        FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_change();
      CREATE TABLE registry.rollout_count (
        rollout_id uuid NOT NULL,
        step integer NOT NULL,
        side text NOT NULL,
        gateway_id text NOT NULL,
        process_id text NOT NULL,
        requests bigint NOT NULL,
        errors bigint NOT NULL,
        fallbacks bigint NOT NULL,
        slow bigint NOT NULL,
        successes bigint NOT NULL,
        CONSTRAINT rollout_count_key PRIMARY KEY (rollout_id, step, side, gateway_id, process_id)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE registry.rollout, registry.rollout_change, registry.rollout_count;
      ALTER TABLE registry.alias DROP COLUMN previous;
      ALTER TABLE registry.alias_change DROP COLUMN rolled_back;
    `);
  }
}
