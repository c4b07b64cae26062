import type { DuckDBConnection } from '@duckdb/node-api';
import { Problem } from '@vinaigrette/problems';

/** Which rows of the archive a validation set is made of. */
export interface Draw {
  model: string;
  fromMs: number;
  untilMs: number;
  /** Outcomes that tell what was right; of several of one prediction the last counts, and SKUs add up. */
  outcomes: readonly string[];
  /** Rows drawn from all of them. */
  rows: number;
  /** Rows drawn from each sub-population, or all it has; they come on top where the others hold too few. */
  segmentRows: number;
  seed: string;
  /** Only these; undefined: whatever is drawn. */
  predictionIds?: readonly string[] | undefined;
}

export interface DrawnSet {
  rows: number;
  from: string;
  until: string;
  segments: Record<string, number>;
}

/** A digest in place of chance: the same rows and seed give the same draw, in whatever order they lie. */
const LABELLED = `
  WITH truth AS (
    SELECT prediction_id, max_by(number, occurred_at) AS number, max_by(text, occurred_at) AS text,
      list_sort(list_distinct(flatten(list(skus)))) AS skus
    FROM outcomes WHERE list_contains($outcomes::VARCHAR[], kind) GROUP BY prediction_id),
  labelled AS (
    SELECT prediction_id, occurred_at, unit, segments, logged, number, text, skus,
      md5(prediction_id || $seed) AS draw
    FROM predictions JOIN truth USING (prediction_id)
    WHERE model = $model AND status <> 'shadow' AND logged IS NOT NULL
      AND occurred_at >= epoch_ms($from::BIGINT) AND occurred_at < epoch_ms($until::BIGINT)
      AND (len($ids::VARCHAR[]) = 0 OR list_contains($ids::VARCHAR[], prediction_id))),
  places AS (SELECT *, row_number() OVER (ORDER BY draw, prediction_id) AS place FROM labelled),
  of_segments AS (
    SELECT prediction_id, row_number() OVER (PARTITION BY segment ORDER BY draw, prediction_id) AS place
    FROM (SELECT prediction_id, draw, unnest(segments) AS segment FROM labelled)),
  chosen AS (
    SELECT prediction_id FROM places WHERE place <= $rows
    UNION SELECT prediction_id FROM of_segments WHERE place <= $segmentRows)
  SELECT prediction_id, occurred_at, unit, segments, logged, number, text, skus
  FROM labelled SEMI JOIN chosen USING (prediction_id) ORDER BY prediction_id`;

/**
 * Draws the set into a Parquet file. Throws VALIDATION_SET_EMPTY when no prediction of the model in that time has an
 * outcome that tells what was right.
 */
export async function drawSet(connection: DuckDBConnection, draw: Draw, file: string): Promise<DrawnSet> {
  const { model, fromMs, untilMs, outcomes, rows, segmentRows, seed, predictionIds = [] } = draw;
  await connection.run(`CREATE OR REPLACE TEMP TABLE validation_set AS ${LABELLED}`, {
    model,
    from: String(fromMs),
    until: String(untilMs),
    outcomes: `[${outcomes.join(', ')}]`,
    ids: `[${predictionIds.join(', ')}]`,
    rows,
    segmentRows,
    seed,
  });
  const told = await connection.runAndReadAll(
    `SELECT count(*)::INTEGER, strftime(min(occurred_at), '%Y-%m-%dT%H:%M:%S.%gZ'), strftime(max(occurred_at), '%Y-%m-%dT%H:%M:%S.%gZ')
     FROM validation_set`,
  );
  const [drawn, from, until] = told.getRows()[0] as [number, string, string];
  if (drawn === 0) {
    const when = `${new Date(fromMs).toISOString()} to ${new Date(untilMs).toISOString()}`;
    throw new Problem(
      'VALIDATION_SET_EMPTY',
      `No prediction of ${model} from ${when} has an outcome of ${outcomes.join(', ')}`,
    );
  }
  const target = file.replaceAll("'", "''");
  await connection.run(
    `COPY (FROM validation_set ORDER BY prediction_id) TO '${target}' (FORMAT parquet, COMPRESSION zstd)`,
  );
  const segments = await connection.runAndReadAll(
    'SELECT segment, count(*)::INTEGER FROM (SELECT unnest(segments) AS segment FROM validation_set) GROUP BY segment ORDER BY segment',
  );
  return { rows: drawn, from, until, segments: Object.fromEntries(segments.getRows() as [string, number][]) };
}
