import { describe, expect, it } from '@jest/globals';
import { latestMetrics } from './latest-metrics.js';

describe('latestMetrics()', () => {
  const metric = (step: number, atMs: number, value: number, key = 'a') => ({ key, step, atMs, value });
  it.each([
    { what: 'the highest step', metrics: [metric(2, 1, 5), metric(1, 9, 6)], latest: 5 },
    { what: 'then the latest', metrics: [metric(1, 1, 5), metric(1, 2, 4)], latest: 4 },
    { what: 'then the largest', metrics: [metric(1, 1, 5), metric(1, 1, 4)], latest: 5 },
    { what: 'and NaN is above every number', metrics: [metric(1, 1, NaN), metric(1, 1, 4)], latest: NaN },
  ])('is $what', ({ metrics, latest }) => {
    expect(latestMetrics(metrics).map(({ value }) => value)).toEqual([latest]);
    expect(latestMetrics([...metrics].reverse()).map(({ value }) => value)).toEqual([latest]);
  });
});
