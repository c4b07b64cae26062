import { KeptPolicies, type KeptPolicy } from '../../drift-policies.js';
import type { Database } from './database.js';

export class PostgresDriftPolicies extends KeptPolicies {
  constructor(private readonly database: Database) {
    super();
  }

  async all(): Promise<KeptPolicy[]> {
    const rows = await this.database.rows<{ name: string; version: string; body: unknown }>(
      'SELECT name, version, body FROM drift_monitor.drift_policy',
    );
    return rows.map(({ name, version, body }) => ({ name, version: Number(version), body }));
  }

  async replace(policies: readonly KeptPolicy[]): Promise<void> {
    const names = policies.map(({ name }) => name);
    await this.database.write(async (manager) => {
      await manager.query('DELETE FROM drift_monitor.drift_policy WHERE name <> ALL($1)', [names]);
      await manager.query(
        `INSERT INTO drift_monitor.drift_policy (name, version, body)
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::jsonb[])
         ON CONFLICT (name) DO UPDATE SET version = excluded.version, body = excluded.body`,
        [names, policies.map(({ version }) => version), policies.map(({ body }) => JSON.stringify(body))],
      );
    });
  }
}
