import type { Selection } from '../../domain/drift-query.js';
import type { HitCounts } from '../../domain/hit-rate.js';
import type { Range } from '../../domain/pane.js';
import { Hits } from '../../hits.js';
import type { Database } from './database.js';

/** Any number of its own: only one monitor rolls up at a time. */
const ROLL_UP_LOCK = 7_466_304;

/** Whether what was clicked or bought is among what was shown; null: nothing was reported. `p` is the prediction. */
const JOIN_HITS = `LEFT JOIN LATERAL (
  SELECT bool_or(o.skus && p.shown) AS hit FROM drift_monitor.outcome o
  WHERE o.prediction_id = p.prediction_id AND o.kind IN ('clicked', 'purchased')) AS joined ON true`;
const COUNT_HITS = `count(*) AS predictions, count(joined.hit) AS with_outcome, count(*) FILTER (WHERE joined.hit) AS hits_at_5`;

/**
 * The join is made when it is read, so the order in which the two sides arrive is of no consequence. What has waited long
 * enough is added up once, in the transaction that forgets it.
 */
export class PostgresHits extends Hits {
  constructor(private readonly database: Database) {
    super();
  }

  async read({ model, version, variant, segment }: Selection & { version: number }, range: Range) {
    const rows = await this.database.rows<Record<'status' | 'predictions' | 'with_outcome' | 'hits_at_5', string>>(
      `SELECT status, sum(predictions) AS predictions, sum(with_outcome) AS with_outcome, sum(hits_at_5) AS hits_at_5 FROM (
         SELECT p.status, ${COUNT_HITS} FROM drift_monitor.shown_prediction p ${JOIN_HITS}
         WHERE model = $1 AND version = $2 AND pane_ms >= $3 AND pane_ms < $4
           AND ($5 = '' OR variant = $5) AND ($6 = '' OR segment = $6) GROUP BY p.status
         UNION ALL
         SELECT status, predictions, with_outcome, hits_at_5 FROM drift_monitor.hit_pane
         WHERE model = $1 AND version = $2 AND pane_ms >= $3 AND pane_ms < $4
           AND ($5 = '' OR variant = $5) AND ($6 = '' OR segment = $6)) AS both_sides GROUP BY status`,
      [model, version, range.fromMs, range.toMs, variant, segment],
    );
    const of = (status: string): HitCounts => {
      const row = rows.find((found) => found.status === status);
      return {
        predictions: Number(row?.predictions ?? 0),
        withOutcome: Number(row?.with_outcome ?? 0),
        hitsAt5: Number(row?.hits_at_5 ?? 0),
      };
    };
    return { answered: of('answered'), fallback: of('fallback') };
  }

  rollUp(receivedBeforeMs: number): Promise<number> {
    return this.database.write(async (manager) => {
      const before = new Date(receivedBeforeMs);
      const [lock] = await manager.query<{ mine: boolean }[]>('SELECT pg_try_advisory_xact_lock($1) AS mine', [
        ROLL_UP_LOCK,
      ]);
      if (!lock?.mine) return 0;
      const [rolled] = await manager.query<{ predictions: string }[]>(
        `WITH p AS (DELETE FROM drift_monitor.shown_prediction WHERE received_at < $1 RETURNING *),
         summed AS (
           SELECT model, version, pane_ms, variant, segment, status, ${COUNT_HITS} FROM p ${JOIN_HITS} GROUP BY 1, 2, 3, 4, 5, 6),
         kept AS (
           INSERT INTO drift_monitor.hit_pane AS pane SELECT * FROM summed
           ON CONFLICT (model, version, pane_ms, variant, segment, status) DO UPDATE SET
             predictions = pane.predictions + excluded.predictions,
             with_outcome = pane.with_outcome + excluded.with_outcome, hits_at_5 = pane.hits_at_5 + excluded.hits_at_5)
         SELECT count(*) AS predictions FROM p`,
        [before],
      );
      // An outcome may belong to a prediction that is younger than it: it waits as long again.
      await manager.query(
        `DELETE FROM drift_monitor.outcome o WHERE received_at < $1
         AND NOT EXISTS (SELECT FROM drift_monitor.shown_prediction p WHERE p.prediction_id = o.prediction_id)`,
        [before],
      );
      return Number(rolled?.predictions ?? 0);
    });
  }
}
