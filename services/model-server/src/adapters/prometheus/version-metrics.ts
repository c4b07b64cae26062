import type { Metric, MetricObjectWithValues, MetricValueWithName } from 'prom-client';
import type { Version } from '../../domain/plan-versions.js';

type Labels = Record<'model' | 'version', string>;
type Values = MetricObjectWithValues<MetricValueWithName<string>>;

/**
 * Metrics with the labels `model` and `version`, for what happens with each inference. Those of prom-client find a
 * series by putting its labels together into text, which for the ten of an inference is much beside a small model's run.
 */
abstract class VersionMetric<Series> {
  readonly aggregator = 'sum';
  private readonly byVersion = new Map<string, { labels: Labels; series: Series }>();
  /** The series asked for last, which most often is the next one too. */
  private latest: { version: Version; series: Series } | undefined;

  constructor(
    readonly name: string,
    readonly help: string,
    readonly type: 'counter' | 'gauge' | 'histogram',
  ) {}

  /** What a registry of prom-client asks for. */
  get(): Promise<Values> {
    const { name, help, type, aggregator } = this;
    const values = [...this.byVersion.values()].flatMap(({ labels, series }) => this.valuesOf(series, labels));
    return Promise.resolve({ name, help, type, aggregator, values } as unknown as Values);
  }

  /** For `Registry.registerMetric`, whose type names prom-client's own classes only. */
  asMetric(): Metric {
    return this as unknown as Metric;
  }

  remove(version: Version): void {
    this.byVersion.delete(keyOf(version));
    this.latest = undefined;
  }

  protected of(version: Version): Series {
    if (this.latest?.version === version) return this.latest.series;
    const labels = { model: version.model, version: String(version.number) };
    const { series } = this.byVersion.get(keyOf(version)) ?? { series: this.fresh() };
    this.byVersion.set(keyOf(version), { labels, series });
    this.latest = { version, series };
    return series;
  }

  protected abstract fresh(): Series;
  protected abstract valuesOf(series: Series, labels: Labels): MetricValueWithName<string>[];
}

/** A single number: a counter, or a gauge. */
export class VersionNumber extends VersionMetric<{ value: number }> {
  add(version: Version, amount: number): void {
    this.of(version).value += amount;
  }

  set(version: Version, value: number): void {
    this.of(version).value = value;
  }

  protected override fresh() {
    return { value: 0 };
  }

  protected override valuesOf({ value }: { value: number }, labels: Labels) {
    return [{ labels, value, metricName: this.name }];
  }
}

/** `counts`: how many values each bucket has for itself; the last: those beyond every bound. */
interface Distribution {
  counts: Float64Array;
  sum: number;
}

export class VersionHistogram extends VersionMetric<Distribution> {
  constructor(
    name: string,
    help: string,
    /** The largest value of each bucket, ascending. */
    private readonly bounds: readonly number[],
  ) {
    super(name, help, 'histogram');
  }

  observe(version: Version, value: number): void {
    const series = this.of(version);
    let bucket = 0;
    while (value > (this.bounds[bucket] ?? Infinity)) bucket++;
    series.counts[bucket] = (series.counts[bucket] as number) + 1;
    series.sum += value;
  }

  protected override fresh(): Distribution {
    return { counts: new Float64Array(this.bounds.length + 1), sum: 0 };
  }

  /** The buckets as Prometheus wants them: each with all that is below its bound. */
  protected override valuesOf({ counts, sum }: Distribution, labels: Labels) {
    let below = 0;
    const buckets = Array.from(counts, (count, bucket) => {
      below += count;
      const le = this.bounds[bucket] ?? '+Inf';
      return { labels: { ...labels, le }, value: below, metricName: `${this.name}_bucket` };
    });
    return [
      ...buckets,
      { labels, value: sum, metricName: `${this.name}_sum` },
      { labels, value: below, metricName: `${this.name}_count` },
    ];
  }
}

/** Two versions of one number have one series, as they have one name to whoever looks. */
const keyOf = ({ model, number }: Version): string => `${model}/${number}`;
