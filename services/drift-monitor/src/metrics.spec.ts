import { expect, it } from '@jest/globals';
import type { PartitionLag } from '@vinaigrette/event-log';
import { gridOf, featureDrifts, noCounters, buildBaseline } from '@vinaigrette/drift';
import type { Judged } from './domain/judge-sums.js';
import { KnownVersions } from './known-versions.js';
import { MonitorMetrics } from './metrics.js';

const seriesOf = (text: string, name: string) =>
  text.split('\n').filter((line) => line.startsWith(`drift_monitor_${name}{`));

it('exports no more series of features than its budget, and says how many are left to the API', async () => {
  const definitions = Array.from({ length: 60 }, (_, index) => {
    return { name: `x${index}`, kind: 'numeric' as const, from: { kind: 'value' as const, tensor: `x${index}` } };
  });
  const row = Object.fromEntries(definitions.map(({ name }) => [name, [1]]));
  const grid = gridOf(buildBaseline(definitions, [row, row]));
  const features = featureDrifts(grid, noCounters(grid));
  const drifts = Array.from({ length: 20 }, (_, index) => ({ segment: `market=${index}`, features }));
  const metrics = new MonitorMetrics(new KnownVersions());
  for (const version of [1, 2, 3, 4]) {
    for (const window of ['1h', '24h'])
      metrics.setFeatures('basket', version, window, { drifts, judged: [] } as unknown as Judged);
  }
  const text = await metrics.text(0);
  const kept = seriesOf(text, 'feature_missing_ratio').length;
  // Five series a feature at most, in 10,000: 4 versions x 60 features x 20 segments x 2 windows would be 48,000.
  expect(kept).toBe(2_000);
  expect(text.split('\n').filter((line) => line.startsWith('drift_monitor_')).length).toBeLessThan(10_100);
  expect(text).toMatch(/^drift_monitor_series_left_out [1-9]\d*$/m);
  metrics.forgetJudgements();
  expect(await metrics.text(0)).toMatch(/^drift_monitor_series_left_out 0$/m);
});

it('adds up what partitions have not consumed, and takes the slowest for the time', async () => {
  const metrics = new MonitorMetrics(new KnownVersions());
  const lag = (partition: string, records: number, atEndMs: number): PartitionLag => {
    return { topic: 'predictions', partition, records, atEndMs };
  };
  metrics.followLag('counters', { lag: async () => [lag('0', 5, 40_000), lag('1', 7, 90_000)] });
  const text = await metrics.text(100_000);
  expect(text).toContain('consumer_lag_records{reader="counters",topic="predictions"} 12');
  expect(text).toContain('consumer_lag_seconds{reader="counters",topic="predictions"} 60');
  expect(text).toContain('consumer_lag_seconds{reader="counters",topic="outcomes"} 0');
});
