import type { EntityManager } from 'typeorm';
import type { WindowMemory } from '../../domain/alert.js';
import type { Compared } from '../../domain/compare-windows.js';
import type { Look } from '../../domain/judge-window.js';
import type { Range, WindowName } from '../../domain/pane.js';
import { Looks, type IssuedLook, type LookDesk, type LookRecord, type VersionName } from '../../looks.js';
import type { Database } from './database.js';

type Row = Record<'to_ms' | 'predictions', string> & {
  window_name: WindowName;
  revision: number;
  look: Look;
  memory_before: WindowMemory | null;
  issued_at: Date;
};

const recordOf = ({ window_name, to_ms, revision, predictions, look, memory_before }: Row): LookRecord => ({
  window: window_name,
  toMs: Number(to_ms),
  revision,
  predictions: Number(predictions),
  look,
  ...(memory_before ? { before: memory_before } : {}),
});

export class PostgresLooks extends Looks {
  constructor(private readonly database: Database) {
    super();
  }

  async list({ model, version }: VersionName, { fromMs, toMs }: Range, most: number): Promise<IssuedLook[]> {
    const rows = await this.database.rows<Row>(
      `SELECT * FROM drift_monitor.look WHERE model = $1 AND version = $2 AND to_ms > $3 AND to_ms <= $4
       ORDER BY to_ms DESC, window_name, revision DESC LIMIT $5`,
      [model, version, fromMs, toMs, most],
    );
    return rows.map((row) => {
      const { window, toMs: endMs, revision, predictions, look } = recordOf(row);
      return { window, toMs: endMs, revision, predictions, look, issuedMs: row.issued_at.getTime() };
    });
  }

  async comparisons(model: string): Promise<(VersionName & { toMs: number } & Compared)[]> {
    const rows = await this.database.rows<
      Record<'model' | 'version' | 'to_ms' | 'variant', string> & {
        window_name: Compared['window'];
        against: Compared['against'];
        found: Omit<Compared, 'window' | 'against' | 'variant'>;
      }
    >(
      `SELECT * FROM drift_monitor.comparison WHERE $1 = '' OR model = $1
       ORDER BY model, version DESC, window_name, against, variant`,
      [model],
    );
    return rows.map(({ version, to_ms, window_name, against, variant, found, ...row }) => ({
      model: row.model,
      version: Number(version),
      toMs: Number(to_ms),
      ...{ window: window_name, against, variant },
      ...found,
    }));
  }

  async forget(issuedBeforeMs: number): Promise<void> {
    await this.database.rows('DELETE FROM drift_monitor.look WHERE issued_at < $1', [new Date(issuedBeforeMs)]);
  }
}

/** Looks in the evaluator's transaction. */
export function lookDesk(manager: EntityManager): LookDesk {
  return {
    async issued({ model, version }, fromMs) {
      const rows = await manager.query<Row[]>(
        `SELECT DISTINCT ON (to_ms, window_name) * FROM drift_monitor.look
         WHERE model = $1 AND version = $2 AND to_ms >= $3 ORDER BY to_ms, window_name, revision DESC`,
        [model, version, fromMs],
      );
      return rows.map(recordOf);
    },

    async issue({ model, version }, { window, toMs, revision, predictions, look, before }) {
      await manager.query(
        `INSERT INTO drift_monitor.look (model, version, window_name, to_ms, revision, predictions, look, memory_before)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (model, version, window_name, to_ms, revision)
         DO UPDATE SET memory_before = excluded.memory_before`,
        [model, version, window, toMs, revision, predictions, JSON.stringify(look), before && JSON.stringify(before)],
      );
    },

    async compare({ model, version }, toMs, compared) {
      await manager.query('DELETE FROM drift_monitor.comparison WHERE model = $1 AND version = $2', [model, version]);
      for (const { window, against, variant, ...found } of compared) {
        await manager.query('INSERT INTO drift_monitor.comparison VALUES ($1, $2, $3, $4, $5, $6, $7)', [
          ...[model, version, window, against, variant, toMs],
          JSON.stringify(found),
        ]);
      }
    },
  };
}
