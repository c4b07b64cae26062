import type { EntityManager } from 'typeorm';
import { Alerts, type Alert, type AlertDesk } from '../../alerts.js';
import type { LookDesk } from '../../looks.js';
import type { PageDesk } from '../../pages.js';
import type { Database } from './database.js';
import { pageDesk } from './page-rows.js';
import { lookDesk } from './postgres-looks.js';

/** Any number of its own: one evaluator at a time. */
const EVALUATOR_LOCK = 7_466_303;

type Row = Record<'model' | 'version' | 'since_ms' | 'judged_to_ms', string> & Pick<Alert, 'verdict' | 'memory'>;

const alertOf = ({ model, version, since_ms, judged_to_ms, verdict, memory }: Row): Alert => {
  return {
    model,
    version: Number(version),
    sinceMs: Number(since_ms),
    judgedToMs: Number(judged_to_ms),
    verdict,
    memory,
  };
};

export class PostgresAlerts extends Alerts {
  /** `receivers` are told of the pages that are opened. */
  constructor(
    private readonly database: Database,
    private readonly receivers: readonly string[] = [],
  ) {
    super();
  }

  async list(model: string): Promise<Alert[]> {
    const rows = await this.database.rows<Row>(
      `SELECT * FROM drift_monitor.alert WHERE $1 = '' OR model = $1 ORDER BY model, version DESC`,
      [model],
    );
    return rows.map(alertOf);
  }

  exclusively(work: (desk: AlertDesk) => Promise<void>): Promise<boolean> {
    return this.database.write(async (manager) => {
      const [lock] = await manager.query<{ mine: boolean }[]>('SELECT pg_try_advisory_xact_lock($1) AS mine', [
        EVALUATOR_LOCK,
      ]);
      if (!lock?.mine) return false;
      await work({ ...deskOf(manager), ...lookDesk(manager), ...pageDesk(manager, this.receivers) });
      return true;
    });
  }
}

function deskOf(manager: EntityManager): Omit<AlertDesk, keyof PageDesk | keyof LookDesk> {
  return {
    all: async () => (await manager.query<Row[]>('SELECT * FROM drift_monitor.alert')).map(alertOf),
    save: async ({ model, version, verdict, sinceMs, judgedToMs, memory }) => {
      await manager.query(
        `INSERT INTO drift_monitor.alert (model, version, verdict, since_ms, judged_to_ms, memory) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (model, version) DO UPDATE SET verdict = excluded.verdict, since_ms = excluded.since_ms,
           judged_to_ms = excluded.judged_to_ms, memory = excluded.memory`,
        [model, version, JSON.stringify(verdict), sinceMs, judgedToMs, JSON.stringify(memory)],
      );
    },
    remove: async ({ model, version }) => {
      await manager.query('DELETE FROM drift_monitor.alert WHERE model = $1 AND version = $2', [model, version]);
    },
    note: async ({ model, version, from, to, atMs, why, severity, features }) => {
      await manager.query(
        `INSERT INTO drift_monitor.alert_transition (model, version, from_state, to_state, at_ms, why, severity, features)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [model, version, from, to, atMs, why, severity, features],
      );
    },
  };
}
