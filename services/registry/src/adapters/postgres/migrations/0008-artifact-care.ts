import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Versions whose files were collected, and what the last look at each artefact found. */
export class ArtifactCare1764201600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE registry.collected_version (
        model text NOT NULL,
        version integer NOT NULL,
        collected_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (model, version)
      );
      CREATE TABLE registry.artifact_check (
        sha256 text PRIMARY KEY,
        checked_at timestamptz NOT NULL DEFAULT now(),
        fault text NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE registry.collected_version, registry.artifact_check');
  }
}
