import type { Told } from '../../domain/delivery.js';
import type { Page } from '../../domain/page.js';
import { Pages, type PageDelivery, type PageDesk } from '../../pages.js';
import type { Database } from './database.js';
import { pageDesk, pageOf, type PageRow } from './page-rows.js';

/** Pages shown of those that have ended. */
const LISTED_MAX = 200;

export class PostgresPages extends Pages {
  constructor(
    private readonly database: Database,
    private readonly receivers: readonly string[],
  ) {
    super();
  }

  write(work: (desk: PageDesk) => Promise<void>): Promise<void> {
    return this.database.write((manager) => work(pageDesk(manager, this.receivers)));
  }

  async pending(receiver: string): Promise<PageDelivery[]> {
    const rows = await this.database.rows<PageRow & { told: Told }>(
      `SELECT page.*, told FROM drift_monitor.page JOIN drift_monitor.page_delivery ON page_id = id
       WHERE receiver = $1 AND told->>'edge' <> 'dropped' ORDER BY since_ms, id`,
      [receiver],
    );
    return rows.map((row) => ({ page: pageOf(row), told: row.told }));
  }

  deliver(
    receiver: string,
    pageId: string,
    work: (delivery: PageDelivery) => Promise<Told | undefined>,
  ): Promise<void> {
    return this.database.write(async (manager) => {
      const [row] = await manager.query<(PageRow & { told: Told })[]>(
        `SELECT page.*, told FROM drift_monitor.page_delivery JOIN drift_monitor.page ON page_id = id
         WHERE receiver = $1 AND page_id = $2 FOR UPDATE OF page_delivery SKIP LOCKED`,
        [receiver, pageId],
      );
      const told = row && (await work({ page: pageOf(row), told: row.told }));
      if (!told) return;
      await manager.query('UPDATE drift_monitor.page_delivery SET told = $3 WHERE receiver = $1 AND page_id = $2', [
        receiver,
        pageId,
        JSON.stringify(told),
      ]);
    });
  }

  async list(model: string): Promise<(Page & { told: Record<string, Told> })[]> {
    const rows = await this.database.rows<PageRow & { told: Record<string, Told> }>(
      `SELECT page.*, coalesce((SELECT jsonb_object_agg(receiver, told) FROM drift_monitor.page_delivery
         WHERE page_id = id), '{}') AS told
       FROM drift_monitor.page WHERE $1 = '' OR model = $1
       ORDER BY ended_ms IS NOT NULL, coalesce(ended_ms, since_ms) DESC, id LIMIT ${LISTED_MAX}`,
      [model],
    );
    return rows.map((row) => ({ ...pageOf(row), told: row.told }));
  }

  async forget(endedBeforeMs: number): Promise<void> {
    await this.database.rows('DELETE FROM drift_monitor.page WHERE ended_ms < $1', [endedBeforeMs]);
  }
}
