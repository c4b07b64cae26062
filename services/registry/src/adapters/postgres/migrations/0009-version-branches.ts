import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The two halves of the versions that MLflow's clients see, each by itself: a page of a search is cut from both. */
export class VersionBranches1764288000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE VIEW registry.mlflow_version_told AS ${TOLD};
      CREATE VIEW registry.mlflow_version_served AS ${SERVED};
      CREATE OR REPLACE VIEW registry.mlflow_version_seen AS
        SELECT * FROM registry.mlflow_version_told UNION ALL SELECT * FROM registry.mlflow_version_served;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE OR REPLACE VIEW registry.mlflow_version_seen AS ${TOLD} UNION ALL ${SERVED};
      DROP VIEW registry.mlflow_version_told, registry.mlflow_version_served;
    `);
  }
}

const TOLD = `
  SELECT told.*, EXISTS (SELECT FROM registry.model_version AS served
                         WHERE served.model = told.name AND served.version = told.version) AS servable
  FROM registry.mlflow_version AS told WHERE told.lifecycle_stage = 'active'`;
const SERVED = `
  SELECT model AS name, version, '' AS source, '' AS run_id, '' AS run_link, '' AS model_id, description,
    created_by AS user_id, '' AS status_message, 'active' AS lifecycle_stage, false AS archived,
    at_ms AS created_at_ms, at_ms AS updated_at_ms, '{}'::jsonb AS tags, true AS servable
  FROM (SELECT *, floor(extract(epoch FROM created_at) * 1000)::bigint AS at_ms FROM registry.model_version) AS served
  WHERE NOT EXISTS (SELECT FROM registry.mlflow_version AS told
                    WHERE told.name = served.model AND told.version = served.version)`;
