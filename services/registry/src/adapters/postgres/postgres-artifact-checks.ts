import { ArtifactChecks } from '../../artifact-checks.js';
import type { Database } from './database.js';
import { announce } from './outbox.js';

/** Artefacts that a version with files, or a run, names; with the versions. */
const IN_USE = `
  SELECT file ->> 'sha256' AS sha256, model, version FROM registry.model_version
    LEFT JOIN registry.collected_version USING (model, version), jsonb_array_elements(files) AS file
  WHERE collected_at IS NULL
  UNION ALL SELECT sha256, NULL, NULL FROM registry.mlflow_artifact`;

export class PostgresArtifactChecks extends ArtifactChecks {
  constructor(private readonly database: Database) {
    super();
  }

  async claim(checkedBeforeMs: number): Promise<string | undefined> {
    const [row] = await this.database.write((manager) =>
      manager.query<{ sha256: string }[]>(
        `INSERT INTO registry.artifact_check AS checked (sha256, fault)
         SELECT sha256, '' FROM (${IN_USE}) AS used LEFT JOIN registry.artifact_check USING (sha256)
         WHERE checked_at IS NULL OR checked_at < to_timestamp($1::double precision / 1000)
         ORDER BY checked_at NULLS FIRST LIMIT 1
         ON CONFLICT (sha256) DO UPDATE SET checked_at = now()
         WHERE checked.checked_at < to_timestamp($1::double precision / 1000)
         RETURNING sha256`,
        [checkedBeforeMs],
      ),
    );
    return row?.sha256;
  }

  async record(sha256: string, fault: string): Promise<void> {
    await this.database.write(async (manager) => {
      const [before] = await manager.query<{ fault: string }[]>(
        'SELECT fault FROM registry.artifact_check WHERE sha256 = $1 FOR UPDATE',
        [sha256],
      );
      await manager.query('UPDATE registry.artifact_check SET fault = $2, checked_at = now() WHERE sha256 = $1', [
        sha256,
        fault,
      ]);
      if (fault === '' || before?.fault !== '') return;
      const versions = await manager.query<{ model: string; version: number }[]>(
        `SELECT model, version FROM (${IN_USE}) AS used WHERE sha256 = $1 AND model IS NOT NULL ORDER BY model, version`,
        [sha256],
      );
      await announce(manager, 'artifact.corrupt', { sha256, why: fault, versions });
    });
  }

  async faulty(): Promise<number> {
    const [row] = await this.database.read((manager) =>
      manager.query<{ count: number }[]>(
        `SELECT count(*)::int AS count FROM registry.artifact_check WHERE fault <> ''`,
      ),
    );
    return row?.count ?? 0;
  }
}
