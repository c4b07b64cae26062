import type { PerformancePolicy } from '@vinaigrette/documents';
import type { Answer, Archive } from './archive.js';
import type { Selection } from './domain/drift-query.js';
import { wilson, Z_95, type Estimate } from './domain/intervals.js';
import {
  areaUnderRoc,
  calibration,
  confusionMeasures,
  lossMeasures,
  rankingMeasures,
  regressionMeasures,
  type Confusion,
  type LossSums,
  type RankingSums,
  type RegressionSums,
  type ScoreBin,
} from './domain/measures.js';
import type { Range } from './domain/pane.js';

type Sums<T> = { [K in keyof T]: T[K] extends number ? number : string };
type Task<K extends PerformancePolicy['task']['kind']> = Extract<PerformancePolicy['task'], { kind: K }>;

export interface MeasuredPerformance {
  task: PerformancePolicy['task']['kind'];
  /** Predictions the model made in the range; of those, how many are labelled; and the same of those old enough. */
  coverage: { predictions: number; labelled: number; share: Estimate };
  mature: { predictions: number; labelled: number; share: Estimate };
  measures: Record<string, Estimate>;
  /** Classification only. */
  classes?: ReturnType<typeof confusionMeasures>['classes'];
  calibration?: ReturnType<typeof calibration>;
}

/**
 * How right a version was, once it is known what happened: over the archive, where each prediction (a shadow's too) and each
 * outcome is once. Of several labels of one prediction the last counts.
 */
export class MeasurePerformance {
  constructor(
    private readonly archive: Archive,
    private readonly now: () => number,
  ) {}

  async measure(
    { task, maturityMs }: Pick<PerformancePolicy, 'task' | 'maturityMs'>,
    selection: Selection & { version: number },
    range: Range,
    z = Z_95,
  ): Promise<MeasuredPerformance> {
    const ask = <Row extends Record<string, Answer>>(select: string, more: (string | number)[] = []) =>
      this.archive.ask<Row>(`${joined(task)} ${select}`, [...valuesOf(selection, range, task), ...more], range);
    const [counts] = await ask<Record<'predictions' | 'labelled' | 'mature' | 'mature_labelled', number>>(
      `SELECT count(*)::double AS predictions, count(*) FILTER (labelled)::double AS labelled,
         count(*) FILTER (occurred_at <= epoch_ms($9::bigint))::double AS mature,
         count(*) FILTER (labelled AND occurred_at <= epoch_ms($9::bigint))::double AS mature_labelled FROM joined`,
      [this.now() - maturityMs],
    );
    const shareOf = (labelled = 0, predictions = 0) => ({
      predictions,
      labelled,
      share: wilson(labelled / predictions, predictions, z),
    });
    const common = {
      task: task.kind,
      coverage: shareOf(counts?.labelled, counts?.predictions),
      mature: shareOf(counts?.mature_labelled, counts?.mature),
    };
    if (task.kind === 'regression') {
      const [sums] = await ask<Sums<RegressionSums>>(REGRESSION, [pathOf(task.output)]);
      return { ...common, measures: regressionMeasures(sums as RegressionSums, z) };
    }
    if (task.kind === 'ranking') {
      const [sums] = await ask<Sums<RankingSums>>(RANKING);
      return { ...common, measures: rankingMeasures(sums as RankingSums, z) };
    }
    return { ...common, ...(await this.classification(task, ask, z)) };
  }

  private async classification(
    { output, score }: Task<'classification'>,
    ask: <Row extends Record<string, Answer>>(select: string, more?: (string | number)[]) => Promise<Row[]>,
    z: number,
  ) {
    const { positive = '' } = score ?? {};
    const scorePath = score ? pathOf(score.output, score.index) : '$';
    const confusion = await ask<Sums<Confusion>>(
      output === undefined ? CONFUSION_BY_SCORE : CONFUSION,
      output === undefined ? [scorePath, positive] : [pathOf(output)],
    );
    const { accuracy, classes } = confusionMeasures(confusion as Confusion[], z);
    if (!score) return { measures: { accuracy }, classes };
    const bins = (await ask<Sums<ScoreBin>>(SCORE_BINS, [scorePath, positive])) as ScoreBin[];
    const [losses] = await ask<Sums<LossSums>>(LOSSES, [scorePath, positive]);
    const measures = { accuracy, auc: areaUnderRoc(bins, z), ...lossMeasures(losses as LossSums, z) };
    return { measures, classes, calibration: calibration(bins, z) };
  }
}

/** A tensor's value in the column `logged`, as a JSON path; names of tensors are checked to hold no quote. */
const pathOf = (tensor: string, index = 0): string => `$."${tensor}"[${index}]`;

const valuesOf = (
  { model, version, variant, segment }: Selection & { version: number },
  { fromMs, toMs }: Range,
  task: PerformancePolicy['task'],
): (string | number | string[])[] => [
  model,
  version,
  fromMs,
  toMs,
  variant,
  segment,
  // A shadow's answer was never shown: what was bought says nothing of its list.
  task.kind === 'ranking' ? '' : 'shadow',
  task.kind === 'ranking' ? task.kinds.join(',') : 'label,rating',
];

/** $1..$8: model, version, from, to, variant, segment, the other status that counts, kinds of outcomes. */
const joined = (task: PerformancePolicy['task']): string => {
  const truth =
    task.kind === 'ranking'
      ? 'list_distinct(flatten(list(skus))) AS relevant, true AS labelled'
      : 'arg_max(number, (occurred_at, outcome_id)) AS number, arg_max(text, (occurred_at, outcome_id)) AS text, true AS labelled';
  return `WITH p AS (
    SELECT prediction_id, occurred_at, logged, shown FROM predictions
    WHERE model = $1 AND version = $2 AND occurred_at >= epoch_ms($3::bigint) AND occurred_at < epoch_ms($4::bigint)
      AND ($5 = '' OR variant = $5) AND ($6 = '' OR list_contains(segments, $6)) AND status IN ('answered', $7)),
  truth AS (
    SELECT prediction_id, ${truth} FROM outcomes WHERE list_contains(string_split($8, ','), kind)
    ${task.kind === 'ranking' ? 'AND len(skus) > 0' : ''} GROUP BY prediction_id),
  joined AS (SELECT p.*, truth.* EXCLUDE (prediction_id, labelled), coalesce(labelled, false) AS labelled
    FROM p LEFT JOIN truth USING (prediction_id))`;
};

const REGRESSION = `, r AS (SELECT json_extract_string(logged, $9)::double - number AS e, number AS y FROM joined
    WHERE labelled AND number IS NOT NULL AND json_extract_string(logged, $9) IS NOT NULL)
  SELECT count(*)::double AS n, coalesce(sum(e), 0) AS e, coalesce(sum(abs(e)), 0) AS "absE",
    coalesce(sum(e * e), 0) AS ee, coalesce(sum(e * e * e * e), 0) AS eeee,
    coalesce(sum(y), 0) AS y, coalesce(sum(y * y), 0) AS yy FROM r`;

/** A class told as a number is compared as its text. */
const ACTUAL = `coalesce(nullif(text, ''), CASE WHEN number = floor(number) THEN number::bigint::varchar ELSE number::varchar END)`;

const CONFUSION = `SELECT json_extract_string(logged, $9) AS predicted, ${ACTUAL} AS actual, count(*)::double AS n FROM joined
  WHERE labelled AND ${ACTUAL} IS NOT NULL AND json_extract_string(logged, $9) IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2`;

const SCORED = `, s AS (SELECT greatest(0, least(1, json_extract_string(logged, $9)::double)) AS p, ${ACTUAL} = $10 AS positive FROM joined
    WHERE labelled AND ${ACTUAL} IS NOT NULL AND json_extract_string(logged, $9) IS NOT NULL)`;

const CONFUSION_BY_SCORE = `${SCORED} SELECT CASE WHEN p >= 0.5 THEN $10 ELSE 'not ' || $10 END AS predicted,
  CASE WHEN positive THEN $10 ELSE 'not ' || $10 END AS actual, count(*)::double AS n FROM s GROUP BY 1, 2 ORDER BY 1, 2`;

const SCORE_BINS = `${SCORED} SELECT least(999, floor(p * 1000))::int AS bin, count(*)::double AS n,
  count(*) FILTER (positive)::double AS positives, sum(p) AS score FROM s GROUP BY 1 ORDER BY 1`;

/** A probability of 0 or 1 is taken for 1e-15 off it, as scikit-learn does, or one mistake would cost for ever. */
const LOSSES = `${SCORED}, l AS (
    SELECT -ln(greatest(1e-15, CASE WHEN positive THEN p ELSE 1 - p END)) AS loss,
      (p - positive::int) * (p - positive::int) AS brier FROM s)
  SELECT count(*)::double AS n, coalesce(sum(loss), 0) AS "logLoss", coalesce(sum(loss * loss), 0) AS "logLossSquared",
    coalesce(sum(brier), 0) AS brier, coalesce(sum(brier * brier), 0) AS "brierSquared" FROM l`;

const RANKING = `, places AS (
    SELECT [i FOR i IN range(1, len(shown) + 1) IF list_contains(relevant, shown[i])] AS hits, len(relevant) AS relevant
    FROM joined WHERE labelled AND len(shown) > 0),
  scored AS (
    SELECT list_min(hits) AS first,
      coalesce(list_sum([1 / log2(i + 1) FOR i IN hits IF i <= 10]), 0)
        / list_sum([1 / log2(i + 1) FOR i IN range(1, least(relevant, 10) + 1)]) AS ndcg FROM places)
  SELECT count(*)::double AS n, count(*) FILTER (first <= 1)::double AS hits1, count(*) FILTER (first <= 5)::double AS hits5,
    count(*) FILTER (first <= 10)::double AS hits10, coalesce(sum(1.0 / first), 0)::double AS rr,
    coalesce(sum(1.0 / first / first), 0)::double AS "rrSquared", coalesce(sum(ndcg), 0) AS ndcg,
    coalesce(sum(ndcg * ndcg), 0) AS "ndcgSquared" FROM scored`;
