import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where versions come from. */
export class Lineage1764028800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE registry.lineage (
        model text NOT NULL,
        version integer NOT NULL,
        lineage jsonb NOT NULL,
        CONSTRAINT lineage_key PRIMARY KEY (model, version),
        CONSTRAINT lineage_version FOREIGN KEY (model, version) REFERENCES registry.model_version (model, version)
      );
      CREATE INDEX lineage_origins ON registry.lineage USING gin (lineage jsonb_path_ops);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE registry.lineage');
  }
}
