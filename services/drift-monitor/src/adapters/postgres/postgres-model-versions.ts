import type { VersionSource } from '../../domain/known-version.js';
import { ModelVersions } from '../../model-versions.js';
import type { Database } from './database.js';

type Row = Record<'model' | 'version' | 'signature_json', string> &
  Record<'baseline_json' | 'baseline_sha256' | 'registered_at_ms', string | null>;

export class PostgresModelVersions extends ModelVersions {
  constructor(private readonly database: Database) {
    super();
  }

  async all(): Promise<VersionSource[]> {
    const rows = await this.database.rows<Row>(
      `SELECT model, version, signature_json, baseline_json, baseline_sha256, registered_at_ms
       FROM drift_monitor.model_version`,
    );
    return rows.map((row) => ({
      model: row.model,
      version: Number(row.version),
      signatureJson: row.signature_json,
      ...(row.baseline_json === null ? {} : { baselineJson: row.baseline_json }),
      ...(row.baseline_sha256 === null ? {} : { baselineSha256: row.baseline_sha256 }),
      ...(row.registered_at_ms === null ? {} : { registeredAtMs: Number(row.registered_at_ms) }),
    }));
  }

  async keep(source: VersionSource): Promise<void> {
    const { model, version, signatureJson, baselineJson, baselineSha256, registeredAtMs } = source;
    await this.database.rows(
      `INSERT INTO drift_monitor.model_version
         (model, version, signature_json, baseline_json, baseline_sha256, registered_at_ms)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
      [model, version, signatureJson, baselineJson ?? null, baselineSha256 ?? null, registeredAtMs ?? null],
    );
  }

  async setWanted(wanted: readonly { model: string; version: number }[]): Promise<void> {
    await this.database.rows(
      `UPDATE drift_monitor.model_version SET wanted = NOT wanted
       WHERE wanted <> ((model, version) IN (SELECT * FROM unnest($1::text[], $2::bigint[])))`,
      [wanted.map(({ model }) => model), wanted.map(({ version }) => version)],
    );
  }

  async wanted(): Promise<{ model: string; version: number }[]> {
    const rows = await this.database.rows<{ model: string; version: string }>(
      'SELECT model, version FROM drift_monitor.model_version WHERE wanted',
    );
    return rows.map(({ model, version }) => ({ model, version: Number(version) }));
  }
}
