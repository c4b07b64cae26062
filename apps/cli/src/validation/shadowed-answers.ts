import type { DuckDBConnection } from '@duckdb/node-api';
import type { ShadowedAnswer } from '../domain/shadow-agreement.js';

/** Whose answers are compared, and of when. */
export interface Shadowing {
  model: string;
  /** The version that answered, and the one that was its shadow. */
  returned: number;
  shadow: number;
  fromMs: number;
  untilMs: number;
  /** At most; drawn by digest where there are more. */
  rows: number;
}

const PAIRS = `
  SELECT answered.segments, answered.logged, shadow.logged, epoch_ms(answered.occurred_at)
  FROM predictions AS answered JOIN predictions AS shadow USING (prediction_id, model)
  WHERE model = $model AND answered.version = $returned AND answered.status = 'answered' AND answered.logged IS NOT NULL
    AND shadow.version = $shadow AND shadow.status = 'shadow' AND shadow.logged IS NOT NULL
    AND answered.occurred_at >= epoch_ms($from::BIGINT) AND answered.occurred_at < epoch_ms($until::BIGINT)
  ORDER BY md5(prediction_id), prediction_id LIMIT $rows`;

/** What the archive holds of both, and when the newest of it was. */
export async function shadowedAnswers(
  connection: DuckDBConnection,
  { fromMs, untilMs, ...shadowing }: Shadowing,
): Promise<{ answers: ShadowedAnswer[]; dataUntilMs: number }> {
  const reader = await connection.runAndReadAll(PAIRS, { ...shadowing, from: String(fromMs), until: String(untilMs) });
  const rows = reader.getRowsJS() as [string[] | null, string, string, bigint][];
  return {
    answers: rows.map(([segments, returned, shadow]) => ({
      segments: segments ?? [],
      returned: JSON.parse(returned) as ShadowedAnswer['returned'],
      shadow: JSON.parse(shadow) as ShadowedAnswer['shadow'],
    })),
    dataUntilMs: rows.reduce((newest, [, , , atMs]) => Math.max(newest, Number(atMs)), 0),
  };
}
