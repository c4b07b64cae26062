import type { Archive } from './archive.js';
import type { DriftQuery } from './domain/drift-query.js';
import { labelRow, whyLabel, type LabelCandidate, type LabelImport } from './domain/label.js';
import type { ReadDrift } from './read-drift.js';
import type { WantedNow } from './wanted-now.js';

/**
 * Which predictions are worth a label, and the labels when they come: as outcomes in the archive, where performance is
 * measured.
 */
export class Labels {
  constructor(
    private readonly archive: Archive,
    private readonly wanted: WantedNow,
    private readonly drift: ReadDrift,
    private readonly now: () => number,
  ) {}

  /**
   * Answered predictions without a label: of segments that have drifted first, then the less sure the model was; equal ones
   * in an order that has nothing to do with them, so that what is labelled of them is a fair draw. Throws as `ReadDrift.read`.
   */
  async candidates(query: DriftQuery, most: number): Promise<LabelCandidate[]> {
    // Which segments have drifted is judged on the whole, with all of them.
    const whole = { ...query.selection, variant: '', segment: '' };
    const { selection, range, driftedSegments } = await this.drift.read({ ...query, selection: whole });
    const { model, version } = selection;
    const { variant, segment } = query.selection;
    const rows = await this.archive.ask<{
      id: string;
      at: number;
      segments: string[];
      logged: string;
      uncertainty: number | null;
      drifted: string[];
    }>(
      `WITH p AS (
         SELECT prediction_id AS id, epoch_ms(occurred_at)::double AS at, segments, logged,
           ${this.uncertaintyOf(model)} AS uncertainty,
           list_intersect(segments, string_split($7, chr(10))) AS drifted FROM predictions
         WHERE model = $1 AND version = $2 AND occurred_at >= epoch_ms($3::bigint) AND occurred_at < epoch_ms($4::bigint)
           AND ($5 = '' OR variant = $5) AND ($6 = '' OR list_contains(segments, $6))
           AND status = 'answered' AND logged IS NOT NULL AND prediction_id NOT IN (
             SELECT prediction_id FROM outcomes WHERE kind IN ('label', 'rating')))
       SELECT * FROM p ORDER BY len(drifted) > 0 DESC, coalesce(uncertainty, 0) DESC, hash(id) LIMIT ${most}`,
      [model, version, range.fromMs, range.toMs, variant, segment, driftedSegments.join('\n')],
      range,
    );
    return rows.map(({ id, at, segments, logged, uncertainty, drifted: found }) => ({
      predictionId: id,
      occurredAtMs: at,
      version,
      segments,
      logged: JSON.parse(logged) as unknown,
      ...(uncertainty === null ? {} : { uncertainty }),
      driftedSegments: found,
      why: whyLabel(uncertainty, found),
    }));
  }

  /** Keeps labels; how many, and how many of them are of predictions the archive does not hold (yet). */
  async take({ labels, source }: LabelImport): Promise<{ labels: number; unknown: number }> {
    const ids = [...new Set(labels.map(({ predictionId }) => predictionId))];
    const [found] = await this.archive.ask<{ known: number }>(
      `SELECT count(DISTINCT prediction_id)::double AS known FROM predictions
       WHERE prediction_id IN (SELECT unnest(string_split($1, chr(10))))`,
      [ids.join('\n')],
    );
    await this.archive.add(
      'outcomes',
      labels.map((label) => labelRow(label, source, this.now())),
    );
    return { labels: labels.length, unknown: ids.length - (found?.known ?? 0) };
  }

  /** 1 at even odds, 0 where the model is sure, in SQL; null where its `performance` document names no score. */
  private uncertaintyOf(model: string): string {
    const document = this.wanted.documents('performance').find(({ body }) => body.model === model);
    const task = document?.body.task;
    if (task?.kind !== 'classification' || !task.score) return 'NULL::double';
    const { output, index = 0 } = task.score;
    const path = `$."${output}"[${index}]`.replaceAll("'", "''");
    return `1 - abs(2 * least(1, greatest(0, json_extract_string(logged, '${path}')::double)) - 1)`;
  }
}
