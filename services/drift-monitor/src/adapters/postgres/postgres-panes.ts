import { addEncoded } from '@vinaigrette/drift';
import type { Range } from '../../domain/pane.js';
import { statuses, type Status } from '../../domain/read-record.js';
import { noStatuses } from '../../domain/tally.js';
import { Panes, type CountedVersion, type PaneRow, type VersionSelection, type Window } from '../../panes.js';
import type { Database } from './database.js';

type CountsRow = Record<Status, string> & { counters: Buffer };

export class PostgresPanes extends Panes {
  constructor(private readonly database: Database) {
    super();
  }

  async read({ model, version, variant, segment }: VersionSelection, range: Range, slots: number): Promise<Window> {
    const rows = await this.database.rows<CountsRow>(
      `SELECT answered, fallback, timeout, error, shadow, counters FROM drift_monitor.pane
       WHERE model = $1 AND version = $2 AND pane_ms >= $3 AND pane_ms < $4
         AND ($5 = '' OR variant = $5) AND segment = $6`,
      [model, version, range.fromMs, range.toMs, variant, segment],
    );
    const counted = noStatuses();
    const counters = new Float64Array(slots);
    for (const row of rows) {
      for (const status of statuses) counted[status] += Number(row[status]);
      if (slots > 0) addEncoded(counters, row.counters);
    }
    return { statuses: counted, counters };
  }

  async rows({ model, version, variant }: Omit<VersionSelection, 'segment'>, range: Range): Promise<PaneRow[]> {
    const rows = await this.database.rows<CountsRow & Record<'pane_ms' | 'variant' | 'segment', string>>(
      `SELECT pane_ms, variant, segment, answered, fallback, timeout, error, shadow, counters FROM drift_monitor.pane
       WHERE model = $1 AND version = $2 AND pane_ms >= $3 AND pane_ms < $4 AND ($5 = '' OR variant = $5)
       ORDER BY pane_ms`,
      [model, version, range.fromMs, range.toMs, variant],
    );
    return rows.map(({ pane_ms, variant, segment, counters, ...counted }) => {
      const numbers = noStatuses();
      for (const status of statuses) numbers[status] = Number(counted[status]);
      return { paneMs: Number(pane_ms), variant, segment, statuses: numbers, encoded: counters };
    });
  }

  async totals({ model, version }: { model: string; version: number }, { fromMs, toMs }: Range) {
    const rows = await this.database.rows<Record<'pane_ms' | 'predictions', string>>(
      `SELECT pane_ms, sum(answered + fallback + timeout + error + shadow) AS predictions FROM drift_monitor.pane
       WHERE model = $1 AND version = $2 AND pane_ms >= $3 AND pane_ms < $4 AND segment = '' GROUP BY pane_ms`,
      [model, version, fromMs, toMs],
    );
    return new Map(rows.map(({ pane_ms, predictions }) => [Number(pane_ms), Number(predictions)]));
  }

  async counted(model?: string): Promise<CountedVersion[]> {
    const rows = await this.database.rows<Record<'model' | 'version' | 'oldest' | 'newest' | 'predictions', string>>(
      `SELECT model, version, min(pane_ms) AS oldest, max(pane_ms) AS newest,
         sum(answered + fallback + timeout + error + shadow) AS predictions
       FROM drift_monitor.pane WHERE segment = '' AND ($1::text IS NULL OR model = $1)
       GROUP BY model, version ORDER BY model, version DESC`,
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

  async forget(untouchedSinceMs: number): Promise<number> {
    const [row] = await this.database.rows<{ panes: string }>(
      `WITH gone AS (DELETE FROM drift_monitor.pane WHERE counted_at < $1 RETURNING 1) SELECT count(*) AS panes FROM gone`,
      [new Date(untouchedSinceMs)],
    );
    return Number(row?.panes ?? 0);
  }
}
