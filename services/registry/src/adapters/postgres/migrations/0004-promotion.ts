import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The evidence promotion policies judge by, and what they said. */
export class Promotion1763856000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE registry.alias_change ADD COLUMN forced boolean NOT NULL DEFAULT false;
      CREATE TABLE registry.evaluation (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        model text NOT NULL,
        version integer NOT NULL,
        validation_set text NOT NULL,
        digest text NOT NULL,
        data_until_ms bigint NOT NULL,
        metrics jsonb NOT NULL,
        segments jsonb NOT NULL,
        actor text NOT NULL,
        evaluated_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX evaluation_version ON registry.evaluation (model, version, id);
      CREATE TABLE registry.approval (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        model text NOT NULL,
        version integer NOT NULL,
        actor text NOT NULL,
        reason text NOT NULL,
        approved_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX approval_version ON registry.approval (model, version, id);
      CREATE TABLE registry.promotion_verdict (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        model text NOT NULL,
        version integer NOT NULL,
        champion integer NOT NULL,
        policy_version integer NOT NULL,
        passed boolean NOT NULL,
        forced boolean NOT NULL,
        gates jsonb NOT NULL,
        actor text NOT NULL,
        reason text NOT NULL,
        judged_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX promotion_verdict_model ON registry.promotion_verdict (model, id);
    `);
    for (const table of tables) {
      await runner.query(`
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.${table}
        FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_change();
      `);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ${tables.map((table) => `DROP TABLE registry.${table};`).join('\n')}
      ALTER TABLE registry.alias_change DROP COLUMN forced;
    `);
  }
}

const tables = ['evaluation', 'approval', 'promotion_verdict'];
