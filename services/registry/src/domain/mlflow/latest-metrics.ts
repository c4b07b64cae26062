import type { LoggedMetric } from './limits.js';

/** Of each key the metric that counts as the run's value: the highest step, then the latest time, then the value. */
export function latestMetrics<Metric extends Pick<LoggedMetric, 'key' | 'step' | 'atMs' | 'value'>>(
  metrics: readonly Metric[],
): Metric[] {
  const latest = new Map<string, Metric>();
  for (const metric of metrics) {
    const known = latest.get(metric.key);
    if (!known || isLater(metric, known)) latest.set(metric.key, metric);
  }
  return [...latest.values()];
}

/** As PostgreSQL compares rows, NaN above every number. */
function isLater(a: Pick<LoggedMetric, 'step' | 'atMs' | 'value'>, b: typeof a): boolean {
  if (a.step !== b.step) return a.step > b.step;
  if (a.atMs !== b.atMs) return a.atMs > b.atMs;
  return Number.isNaN(a.value) || a.value > b.value;
}
