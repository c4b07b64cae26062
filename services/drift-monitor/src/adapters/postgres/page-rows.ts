import type { EntityManager } from 'typeorm';
import { untold, type Told } from '../../domain/delivery.js';
import type { Page } from '../../domain/page.js';
import type { PageDesk } from '../../pages.js';

export type PageRow = Pick<Page, 'id' | 'name' | 'model' | 'severity' | 'summary' | 'description' | 'details'> &
  Record<'version' | 'since_ms', string> & { ended_ms: string | null };

export const pageOf = ({ version, since_ms, ended_ms, ...row }: PageRow): Page => ({
  id: row.id,
  name: row.name,
  model: row.model,
  version: Number(version),
  severity: row.severity,
  summary: row.summary,
  description: row.description,
  details: row.details,
  sinceMs: Number(since_ms),
  ...(ended_ms === null ? {} : { endedMs: Number(ended_ms) }),
});

/** Pages in a transaction; `receivers` are told of each that is opened. */
export function pageDesk(manager: EntityManager, receivers: readonly string[]): PageDesk {
  const write = async (page: Page) => {
    const { id, name, model, version, severity, sinceMs, endedMs, summary, description, details } = page;
    await manager.query(
      `INSERT INTO drift_monitor.page AS page VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       ON CONFLICT (id) DO UPDATE SET ended_ms = excluded.ended_ms, summary = excluded.summary,
         description = excluded.description, details = excluded.details`,
      [id, name, model, version, severity, sinceMs, endedMs ?? null, summary, description, JSON.stringify(details)],
    );
  };
  return {
    async openPage({ name, model, version }) {
      const [row] = await manager.query<PageRow[]>(
        `SELECT * FROM drift_monitor.page WHERE name = $1 AND model = $2 AND version = $3 AND ended_ms IS NULL FOR UPDATE`,
        [name, model, version],
      );
      return row && pageOf(row);
    },

    async turn({ closed, opened, renewed }) {
      for (const page of [closed, renewed, opened]) if (page) await write(page);
      if (!opened) return;
      await manager.query(
        'INSERT INTO drift_monitor.page_delivery SELECT $1, receiver, $3 FROM unnest($2::text[]) AS receiver',
        [opened.id, receivers, JSON.stringify(untold satisfies Told)],
      );
    },
  };
}
