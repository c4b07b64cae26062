import type { MigrationInterface, QueryRunner } from 'typeorm';

export class FirstTables1763683200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE registry.model_version (
        model text NOT NULL,
        version integer NOT NULL,
        files_digest text NOT NULL,
        files jsonb NOT NULL,
        signature_json text NOT NULL,
        schema_id bytea NOT NULL,
        has_baseline boolean NOT NULL,
        description text NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT model_version_key PRIMARY KEY (model, version),
        CONSTRAINT model_version_files UNIQUE (model, files_digest),
        CONSTRAINT model_version_from_one CHECK (version >= 1)
      );
      CREATE TABLE registry.document (
        kind text NOT NULL,
        name text NOT NULL,
        version integer NOT NULL,
        body_json text NOT NULL,
        sha256 text NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT document_key PRIMARY KEY (kind, name, version),
        CONSTRAINT document_body UNIQUE (kind, name, sha256),
        CONSTRAINT document_from_one CHECK (version >= 1)
      );
      CREATE TABLE registry.alias (
        kind text NOT NULL,
        name text NOT NULL,
        alias text NOT NULL,
        version integer NOT NULL,
        CONSTRAINT alias_key PRIMARY KEY (kind, name, alias),
        CONSTRAINT alias_from_one CHECK (version >= 1)
      );
      CREATE TABLE registry.alias_change (
        id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        kind text NOT NULL,
        name text NOT NULL,
        alias text NOT NULL,
        from_version integer NOT NULL,
        to_version integer NOT NULL,
        actor text NOT NULL,
        reason text NOT NULL,
        revision bigint NOT NULL,
        changed_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT alias_change_key PRIMARY KEY (id)
      );
      CREATE INDEX alias_change_subject ON registry.alias_change (kind, name, id);
      CREATE TABLE registry.wanted_revision (
        id integer NOT NULL,
        revision bigint NOT NULL,
        CONSTRAINT wanted_revision_key PRIMARY KEY (id),
        CONSTRAINT wanted_revision_one_row CHECK (id = 1)
      );
      INSERT INTO registry.wanted_revision VALUES (1, 0);

      CREATE FUNCTION registry.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
      END $$;
    `);
    for (const table of appendOnly) {
      await runner.query(`
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.${table}
        FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_change();
      `);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE registry.model_version, registry.document, registry.alias, registry.alias_change, registry.wanted_revision;
      DROP FUNCTION registry.refuse_change();
    `);
  }
}

/** What has happened stays as it was, also against a slip in psql. */
const appendOnly = ['model_version', 'document', 'alias_change'];
