import type { Kpi } from '@vinaigrette/documents';
import type { Archive } from './archive.js';
import { differenceOf, ratioEstimate, type Estimate, type RatioSums } from './domain/intervals.js';
import type { Range } from './domain/pane.js';

/** Which predictions a KPI is measured on; never a shadow's, which nobody saw. */
export interface KpiSelection {
  /** Absent: of every version. */
  version?: number;
  /** Empty: every variant but the holdout. */
  variant: string;
  /** Empty: every segment together. */
  segment: string;
}

/** What a model earns, measured against the units that never get its answer. */
export interface Worth {
  withModel: Estimate;
  holdout: Estimate;
  /** The difference per 1,000 predictions. */
  per1000: Estimate;
}

/** KPIs by their definition of today, over the archive: a changed definition is the same question asked again. */
export class MeasureKpis {
  constructor(private readonly archive: Archive) {}

  async measure(kpi: Kpi, selection: KpiSelection, range: Range): Promise<Estimate> {
    return ratioEstimate(await this.sums(kpi, selection, range), kpi.value === 'any');
  }

  async worth(kpi: Kpi, { version, segment }: Omit<KpiSelection, 'variant'>, range: Range): Promise<Worth> {
    const model = await this.sums(kpi, { ...(version === undefined ? {} : { version }), variant: '', segment }, range);
    // Nobody asked a version for the holdout's answers.
    const holdout = await this.sums(kpi, { variant: 'holdout', segment }, range);
    const isShare = kpi.value === 'any';
    return {
      withModel: ratioEstimate(model, isShare),
      holdout: ratioEstimate(holdout, isShare),
      per1000: differenceOf(model, holdout, 1_000),
    };
  }

  private async sums(kpi: Kpi, { version, variant, segment }: KpiSelection, range: Range): Promise<RatioSums> {
    const { model, kinds, withinMs, shownOnly, value, per } = kpi;
    const worth = {
      any: 'count(o.prediction_id) > 0',
      count: 'count(o.prediction_id)',
      revenue: 'coalesce(sum(o.revenue), 0)',
    };
    const ofUnit = { any: 'max(x)', count: 'sum(x)', revenue: 'sum(x)' };
    const [sums] = await this.archive.ask<Record<keyof RatioSums, number>>(
      `WITH p AS (
         SELECT p.prediction_id, p.unit, (${worth[value]})::double AS x FROM predictions p
         LEFT JOIN outcomes o ON o.prediction_id = p.prediction_id AND list_contains(string_split($7, ','), o.kind)
           AND o.occurred_at >= p.occurred_at AND o.occurred_at < p.occurred_at + to_milliseconds($8::bigint)
           ${shownOnly ? 'AND len(list_intersect(o.skus, p.shown)) > 0' : ''}
         WHERE p.model = $1 AND ($2 = 0 OR p.version = $2) AND p.occurred_at >= epoch_ms($3::bigint)
           AND p.occurred_at < epoch_ms($4::bigint) AND p.status <> 'shadow'
           AND CASE WHEN $5 = '' THEN p.variant <> 'holdout' ELSE p.variant = $5 END
           AND ($6 = '' OR list_contains(p.segments, $6))
         GROUP BY p.prediction_id, p.unit),
       u AS (SELECT ${per === 'unit' ? `1.0 AS n, ${ofUnit[value]} AS x` : 'count(*)::double AS n, sum(x) AS x'} FROM p
         GROUP BY coalesce(nullif(unit, ''), prediction_id))
       SELECT count(*)::double AS units, coalesce(sum(n), 0)::double AS n, coalesce(sum(x), 0)::double AS x,
         coalesce(sum(n * n), 0)::double AS nn, coalesce(sum(x * x), 0)::double AS xx, coalesce(sum(x * n), 0)::double AS xn FROM u`,
      [model, version ?? 0, range.fromMs, range.toMs, variant, segment, kinds.join(','), withinMs],
      range,
    );
    return sums as RatioSums;
  }
}
