import type { DuckDBConnection } from '@duckdb/node-api';
import type { UseCase } from '@vinaigrette/documents';
import { parseJson } from '@vinaigrette/serving';
import type { LoggedRequest } from '../domain/replayed.js';

/** What counts as a success where the use case does not say. */
const otherwise = { kinds: ['clicked', 'added-to-cart', 'purchased'], withinMs: 86_400_000 };

export interface RequestsWanted {
  useCase: string;
  document: UseCase;
  sinceMs: number;
  /** At most so many, of units drawn by their hash: a customer is in with all of his requests, or not. */
  requestsMax: number;
  /** success: whether there was one; revenue: the sum of what the outcomes brought. */
  kpi: 'success' | 'revenue';
}

/** The requests that somebody saw an answer to, each with what became of it. */
export async function loggedRequests(archive: DuckDBConnection, wanted: RequestsWanted): Promise<LoggedRequest[]> {
  const { kinds, withinMs } = wanted.document.success ?? otherwise;
  const reward = wanted.kpi === 'revenue' ? 'sum(coalesce(outcomes.revenue, 0))' : '1';
  const listed = kinds.map((kind) => `'${kind}'`).join(', ');
  const answered = await archive.runAndReadAll(
    `WITH requests AS (
       SELECT * FROM predictions
       WHERE use_case = $1 AND occurred_at >= make_timestamp($2::BIGINT) AND status IN ('answered', 'fallback')
       ORDER BY hash(unit), prediction_id LIMIT ${wanted.requestsMax}
     ), rewards AS (
       SELECT prediction_id, ${reward}::DOUBLE AS reward FROM outcomes JOIN requests USING (prediction_id)
       WHERE outcomes.kind IN (${listed})
         AND outcomes.occurred_at BETWEEN requests.occurred_at AND requests.occurred_at + to_milliseconds(${withinMs})
       GROUP BY prediction_id
     )
     SELECT prediction_id, unit, epoch_ms(occurred_at) AS at_ms, to_json(segments) AS segments, variant, version,
       rule_set_version, propensity, to_json(shown) AS shown, latency_us, logged, coalesce(reward, 0) AS reward
     FROM requests LEFT JOIN rewards USING (prediction_id)`,
    [wanted.useCase, BigInt(wanted.sinceMs) * 1_000n],
  );
  return answered.getRowObjectsJS().map((row) => ({
    predictionId: String(row['prediction_id']),
    unit: String(row['unit']),
    occurredAtMs: Number(row['at_ms']),
    segments: textsOf(row['segments']),
    variant: String(row['variant']),
    version: Number(row['version']),
    ruleSetVersion: Number(row['rule_set_version']),
    propensity: row['propensity'] === null ? undefined : Number(row['propensity']),
    shown: textsOf(row['shown']),
    latencyMs: Number(row['latency_us']) / 1_000,
    logged: (parseJson(String(row['logged'])) ?? undefined) as LoggedRequest['logged'],
    reward: Number(row['reward']),
  }));
}

const textsOf = (json: unknown): string[] => (parseJson(String(json)) as string[] | null | undefined) ?? [];
