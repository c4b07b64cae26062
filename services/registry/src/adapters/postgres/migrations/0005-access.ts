import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who may write, and who did. */
export class Access1763942400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE registry.access_key (
        id text PRIMARY KEY,
        name text NOT NULL,
        role text NOT NULL,
        subjects text[] NOT NULL,
        digest bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        created_by text NOT NULL,
        revoked_at timestamptz
      );
      CREATE TABLE registry.audit (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT now(),
        method text NOT NULL,
        actor text NOT NULL,
        key_id text NOT NULL,
        subject text NOT NULL,
        outcome text NOT NULL
      );
      CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.audit
        FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_change();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE registry.access_key, registry.audit');
  }
}
