import { addCounters, decodeCounters, type Counters } from '@vinaigrette/drift';
import type { Selection } from '../../domain/drift-query.js';
import type { Range } from '../../domain/pane.js';
import { statuses, type Status } from '../../domain/read-record.js';
import { noStatuses } from '../../domain/tally.js';
import { Panes, type CountedVersion, type Window } from '../../panes.js';
import type { Database } from './database.js';

export class PostgresPanes extends Panes {
  constructor(private readonly database: Database) {
    super();
  }

  async read({ model, version, variant, segment }: Selection & { version: number }, range: Range): Promise<Window> {
    const rows = await this.database.rows<Record<Status, string> & { counters: Buffer }>(
      `SELECT answered, fallback, timeout, error, shadow, counters FROM drift_monitor.pane
       WHERE model = $1 AND version = $2 AND pane_ms >= $3 AND pane_ms < $4
         AND ($5 = '' OR variant = $5) AND ($6 = '' OR segment = $6)`,
      [model, version, range.fromMs, range.toMs, variant, segment],
    );
    const counted = noStatuses();
    const counters: Counters = new Map();
    for (const row of rows) {
      for (const status of statuses) counted[status] += Number(row[status]);
      addCounters(counters, decodeCounters(row.counters));
    }
    return { statuses: counted, counters };
  }

  async counted(model?: string): Promise<CountedVersion[]> {
    const rows = await this.database.rows<Record<'model' | 'version' | 'oldest' | 'newest' | 'predictions', string>>(
      `SELECT model, version, min(pane_ms) AS oldest, max(pane_ms) AS newest,
         sum(answered + fallback + timeout + error + shadow) AS predictions
       FROM drift_monitor.pane WHERE $1::text IS NULL OR model = $1 GROUP BY model, version ORDER BY model, version DESC`,
      [model ?? null],
    );
    return rows.map((row) => ({
      model: row.model,
      version: Number(row.version),
      oldestPaneMs: Number(row.oldest),
      newestPaneMs: Number(row.newest),
      predictions: Number(row.predictions),
    }));
  }

  async activeSince(ms: number): Promise<{ model: string; version: number }[]> {
    const rows = await this.database.rows<{ model: string; version: string }>(
      `SELECT DISTINCT model, version FROM drift_monitor.pane WHERE pane_ms >= $1`,
      [ms],
    );
    return rows.map(({ model, version }) => ({ model, version: Number(version) }));
  }
}
