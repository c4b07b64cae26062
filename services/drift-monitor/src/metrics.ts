import { topics, type EventLogReader, type Topic } from '@vinaigrette/event-log';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AlertState } from './domain/alert.js';
import type { Compared } from './domain/compare-windows.js';
import type { Judged } from './domain/judge-sums.js';
import { windows } from './domain/pane.js';
import type { KnownVersions } from './known-versions.js';
import type { Entry } from './ledger.js';
import type { MeasuredPerformance } from './measure-performance.js';

/** Series of features, windows and segments that are exported together, and how many one of them makes. */
const SERIES_MAX = 10_000;
const SERIES_PER_FEATURE = 5;
const SERIES_PER_COMPARISON = 2;
/** Outcome kinds the contract names; any other is counted as "other". */
const outcomeKinds = new Set(['clicked', 'purchased', 'label']);

const stateNumbers: Record<AlertState, number> = {
  OK: 0,
  PENDING: 1,
  FIRING: 2,
  NO_DATA: 3,
  INSUFFICIENT: 4,
  NO_BASELINE: 5,
};

/** What the monitor tells Prometheus. Models are labelled only when the registry knows them, so labels stay few. */
export class MonitorMetrics {
  readonly registry = new Registry();
  private readonly version = ['model', 'model_version'];
  private readonly feature = [...this.version, 'feature', 'segment', 'window'];
  private readonly comparison = [...this.version, 'window', 'against', 'variant'];
  private seriesLeft = SERIES_MAX;
  private readonly readers = new Map<string, Pick<EventLogReader, 'lag'>>();

  readonly predictions = this.counter('predictions_total', 'Predictions counted, by what happened to the request', [
    ...this.version,
    'outcome',
  ]);
  readonly outcomes = this.counter('outcomes_total', 'Outcomes stored, by kind', ['kind']);
  readonly duplicates = this.counter('duplicate_events_total', 'Records dropped because they were counted before', [
    'topic',
  ]);
  readonly late = this.counter(
    'late_events_total',
    'Predictions counted in a pane that no sliding window holds any more',
    [],
  );
  readonly deadLetters = this.counter('dead_letters_total', 'Records set aside for good, by reason', [
    'topic',
    'reason',
  ]);
  readonly parked = this.gauge('parked_records', 'Records that wait for their model version to become known', []);
  readonly watermark = this.gauge('watermark_timestamp_seconds', 'Latest event time counted, by topic', ['topic']);
  private readonly lagRecords = this.gauge('consumer_lag_records', 'Records of the log not consumed yet, by reader', [
    'reader',
    'topic',
  ]);
  private readonly lagSeconds = this.gauge(
    'consumer_lag_seconds',
    'Seconds since a reader last stood at the end of its slowest partition',
    ['reader', 'topic'],
  );
  readonly registryConnected = this.gauge('registry_connected', '1 while the registry is followed', []);
  readonly windowRows = this.gauge('window_rows', 'Predictions in the window last judged', [...this.version, 'window']);
  readonly psi = this.gauge('feature_psi', 'Population Stability Index in the window last judged, nats', this.feature);
  readonly ks = this.gauge(
    'feature_ks_statistic',
    'Lower bound of the Kolmogorov-Smirnov distance, 0..1',
    this.feature,
  );
  readonly missing = this.gauge('feature_missing_ratio', 'Share of rows without a value, 0..1', this.feature);
  readonly unseen = this.gauge('feature_unseen_ratio', 'Share of values training never met, 0..1', this.feature);
  readonly qValue = this.gauge('q_value', 'p-value adjusted over the features of the window, 0..1', this.feature);
  readonly alertState = this.gauge(
    'alert_state',
    '0 ok, 1 pending, 2 firing, 3 no data, 4 insufficient, 5 no baseline',
    this.version,
  );
  readonly baselineInfo = this.gauge('baseline_info', '1; which baseline a version is judged against', [
    ...this.version,
    'baseline',
  ]);
  readonly looksReissued = this.counter('looks_reissued_total', 'Looks judged again because rows came late', []);
  readonly weightedShift = this.gauge(
    'weighted_shift_ratio',
    'Mean Jensen-Shannon distance of the features, weighted by importance, in the window last judged, 0..1',
    this.comparison,
  );
  readonly comparisonEffect = this.gauge(
    'comparison_effect_ratio',
    'The farthest feature over its warning floor: of a variant alone, beside last week, beside the champion',
    this.comparison,
  );
  readonly labelCoverage = this.gauge(
    'label_coverage_ratio',
    'Share of the predictions in the window of the guard whose outcome is known, 0..1',
    this.version,
  );
  readonly realizedAccuracy = this.gauge(
    'realized_accuracy_ratio',
    'Share of the labelled predictions in the window of the guard that were right, 0..1; classification only',
    this.version,
  );
  readonly rollBacks = this.counter('rollback_total', 'Champions the monitor decided to take back, by broken measure', [
    'reason',
  ]);
  readonly pagesWaiting = this.gauge('pages_waiting', 'Pages a receiver was not told of yet', ['receiver']);
  readonly pageDeliveries = this.counter('page_deliveries_total', 'Tries to tell a receiver of a page, by result', [
    'receiver',
    'result',
  ]);
  readonly seriesLeftOut = this.gauge('series_left_out', 'Series of features beyond the budget: ask the API', []);
  readonly evaluationSeconds = new Histogram({
    name: 'drift_monitor_evaluation_duration_seconds',
    help: 'Seconds to judge every version once',
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.registry],
  });

  constructor(private readonly known: KnownVersions) {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Asks a reader whenever it is asked itself. `name` says for whom it reads. */
  followLag(name: string, reader: Pick<EventLogReader, 'lag'>): void {
    this.readers.set(name, reader);
  }

  /** Everything, in Prometheus' text. */
  async text(nowMs: number): Promise<string> {
    for (const [reader, log] of this.readers) {
      const lags = await log.lag();
      for (const topic of topics) {
        const own = lags.filter((lag) => lag.topic === topic);
        this.lagRecords.set(
          { reader, topic },
          own.reduce((sum, { records }) => sum + records, 0),
        );
        const atEndMs = Math.min(nowMs, ...own.map((lag) => lag.atEndMs));
        this.lagSeconds.set({ reader, topic }, (nowMs - atEndMs) / 1_000);
      }
    }
    return this.registry.metrics();
  }

  /** After they were committed. */
  countEntries(topic: Topic, entries: readonly Entry[], nowMs: number): void {
    let latestMs = 0;
    for (const { verdict } of entries) {
      if (verdict.kind === 'dead') this.deadLetters.inc({ topic, reason: verdict.reason });
      if (verdict.kind === 'outcome') {
        this.outcomes.inc({ kind: outcomeKinds.has(verdict.outcome) ? verdict.outcome : 'other' });
      }
      if (verdict.kind === 'counted') {
        const { cell } = verdict;
        const { model, version } = this.known.of(cell.model, cell.version) ? cell : { model: 'unknown', version: 0 };
        this.predictions.inc({ model, model_version: version, outcome: verdict.status });
        if (verdict.occurredAtMs < nowMs - windows['24h']) this.late.inc();
      }
      if ('occurredAtMs' in verdict) latestMs = Math.max(latestMs, verdict.occurredAtMs);
    }
    if (latestMs > 0) this.watermark.set({ topic }, latestMs / 1_000);
  }

  /** Forgets what was judged, so that a version nobody judges any more does not stay as it was. */
  forgetJudgements(): void {
    for (const gauge of [this.windowRows, this.psi, this.ks, this.missing, this.unseen, this.qValue]) gauge.reset();
    for (const gauge of [this.alertState, this.weightedShift, this.comparisonEffect]) gauge.reset();
    this.seriesLeftOut.set(0);
    this.seriesLeft = SERIES_MAX;
    this.baselineInfo.reset();
  }

  setState(model: string, version: number, state: AlertState): void {
    this.alertState.set({ model, model_version: version }, stateNumbers[state]);
  }

  /** Of the whole, then of segments, until the series budget is spent; the others are in the API. */
  setFeatures(model: string, version: number, window: string, { drifts = [], judged }: Judged): void {
    for (const { segment, features } of drifts) {
      for (const { name, measured, missingShare, unseenShare } of features) {
        if (this.seriesLeft < SERIES_PER_FEATURE) return this.seriesLeftOut.inc(SERIES_PER_FEATURE);
        this.seriesLeft -= SERIES_PER_FEATURE;
        const labels = { model, model_version: version, feature: name, segment, window };
        const test = judged.find((t) => t.segment === segment && t.name === name && t.measure === 'shape');
        if (measured?.psi !== undefined) this.psi.set(labels, measured.psi);
        if (measured?.ks) this.ks.set(labels, measured.ks.low);
        if (test?.qValue !== undefined) this.qValue.set(labels, test.qValue);
        this.missing.set(labels, missingShare.actual);
        this.unseen.set(labels, unseenShare.actual);
      }
    }
  }

  /** Of a version that is held to a guard; a figure nobody knows is left out. */
  setPerformance(model: string, version: number, { coverage, measures }: MeasuredPerformance): void {
    const labels = { model, model_version: version };
    const told = [
      [this.labelCoverage, coverage.share.value],
      [this.realizedAccuracy, measures.accuracy?.value],
    ] as const;
    for (const [gauge, value] of told) {
      if (value === null || value === undefined) gauge.remove(labels);
      else gauge.set(labels, value);
    }
  }

  /** Within the same budget. */
  setComparisons(model: string, version: number, compared: readonly Compared[]): void {
    for (const { window, against, variant, weightedShift, features } of compared) {
      if (this.seriesLeft < SERIES_PER_COMPARISON) return this.seriesLeftOut.inc(SERIES_PER_COMPARISON);
      this.seriesLeft -= SERIES_PER_COMPARISON;
      const labels = { model, model_version: version, window, against, variant };
      if (weightedShift !== undefined) this.weightedShift.set(labels, weightedShift);
      this.comparisonEffect.set(labels, Math.max(0, ...features.map(({ effect }) => effect)));
    }
  }

  private counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name: `drift_monitor_${name}`, help, labelNames, registers: [this.registry] });
  }

  private gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name: `drift_monitor_${name}`, help, labelNames, registers: [this.registry] });
  }
}
