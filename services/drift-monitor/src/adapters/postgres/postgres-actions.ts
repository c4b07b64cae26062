import type { EntityManager } from 'typeorm';
import { Actions, type Action, type ActionDesk, type Answered } from '../../actions.js';
import type { Database } from './database.js';
import { pageDesk } from './page-rows.js';

/** Any number of its own: one judge of performance at a time. */
const ACTING_LOCK = 7_466_307;
const LISTED_MAX = 200;

type Row = Pick<Action, 'key' | 'model' | 'kind' | 'detail' | 'why' | 'evidence' | 'state' | 'answer'> &
  Record<'version' | 'decided_ms', string>;

const actionOf = ({ version, decided_ms, ...row }: Row): Action => {
  const { key, model, kind, detail, why, evidence, state, answer } = row;
  return {
    key,
    model,
    version: Number(version),
    kind,
    detail,
    why,
    evidence,
    decidedMs: Number(decided_ms),
    state,
    answer,
  };
};

export class PostgresActions extends Actions {
  constructor(
    private readonly database: Database,
    private readonly receivers: readonly string[],
  ) {
    super();
  }

  exclusively(work: (desk: ActionDesk) => Promise<void>): Promise<boolean> {
    return this.database.write(async (manager) => {
      const [lock] = await manager.query<{ mine: boolean }[]>('SELECT pg_try_advisory_xact_lock($1) AS mine', [
        ACTING_LOCK,
      ]);
      if (!lock?.mine) return false;
      await work({ ...deskOf(manager), ...pageDesk(manager, this.receivers) });
      return true;
    });
  }

  async list(model: string): Promise<Action[]> {
    const rows = await this.database.rows<Row>(
      `SELECT * FROM drift_monitor.action WHERE $1 = '' OR model = $1 ORDER BY decided_ms DESC, key LIMIT ${LISTED_MAX}`,
      [model],
    );
    return rows.map(actionOf);
  }

  async carryOut(work: (action: Action) => Promise<Answered>): Promise<void> {
    const waiting = await this.database.rows<{ key: string }>(
      `SELECT key FROM drift_monitor.action WHERE state = 'decided' ORDER BY decided_ms, key`,
    );
    for (const { key } of waiting) {
      await this.database.write(async (manager) => {
        const [row] = await manager.query<Row[]>(
          `SELECT * FROM drift_monitor.action WHERE key = $1 AND state = 'decided' FOR UPDATE SKIP LOCKED`,
          [key],
        );
        if (!row) return;
        const { done, answer } = await work(actionOf(row));
        const state = done ? 'done' : 'refused';
        await manager.query('UPDATE drift_monitor.action SET state = $2, answer = $3 WHERE key = $1', [
          key,
          state,
          answer,
        ]);
      });
    }
  }
}

function deskOf(
  manager: EntityManager,
): Pick<ActionDesk, 'guardOf' | 'setGuard' | 'decide' | 'rollBacks' | 'isDriftCritical'> {
  return {
    async guardOf(model, version) {
      const [row] = await manager.query<{ broken: number; judged_to_ms: string }[]>(
        'SELECT broken, judged_to_ms FROM drift_monitor.guard_memory WHERE model = $1 AND version = $2',
        [model, version],
      );
      return { broken: row?.broken ?? 0, judgedToMs: Number(row?.judged_to_ms ?? 0) };
    },

    async setGuard(model, version, broken, judgedToMs) {
      await manager.query(
        `INSERT INTO drift_monitor.guard_memory VALUES ($1, $2, $3, $4) ON CONFLICT (model, version)
         DO UPDATE SET broken = excluded.broken, judged_to_ms = excluded.judged_to_ms`,
        [model, version, broken, judgedToMs],
      );
    },

    async decide({ key, model, version, kind, detail, why, evidence, decidedMs, state }) {
      const rows = await manager.query<unknown[]>(
        `INSERT INTO drift_monitor.action VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING key`,
        [key, model, version, kind, JSON.stringify(detail), why, JSON.stringify(evidence), decidedMs, state],
      );
      return rows.length > 0;
    },

    async rollBacks(model) {
      const rows = await manager.query<Row[]>(
        `SELECT * FROM drift_monitor.action WHERE model = $1 AND kind = 'roll-back' AND state <> 'dry-run'
         ORDER BY decided_ms DESC`,
        [model],
      );
      return rows.map(actionOf);
    },

    async isDriftCritical(model, version) {
      const [row] = await manager.query<{ critical: boolean }[]>(
        `SELECT verdict->>'state' = 'FIRING' AND verdict->>'severity' = 'critical' AS critical
         FROM drift_monitor.alert WHERE model = $1 AND version = $2`,
        [model, version],
      );
      return row?.critical ?? false;
    },
  };
}
