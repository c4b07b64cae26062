import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import type { Version } from '../../domain/plan-versions.js';
import { PrometheusObservations } from './prometheus-observations.js';
import { VersionHistogram } from './version-metrics.js';

const version: Version = { model: 'prices', number: 3, digest: 'abc' };
const linesOf = async (observations: PrometheusObservations) =>
  (await observations.registry.metrics()).split('\n').filter((line) => line.includes('model="prices"'));

describe('PrometheusObservations', () => {
  it('tells what was answered, and nothing more of a version that is gone', async () => {
    const observations = new PrometheusObservations();
    observations.answered(version, 4, 0.002, 0.0005);
    observations.told(version, 'champion', { inputSeconds: 0.00001, outputSeconds: 0.00002 });
    observations.told(version, '3', { inputSeconds: 0.00001, outputSeconds: 0.00002 });
    observations.ran(version, 2, 4, 0.001);
    observations.queued(version, 7);
    observations.failed(version, 'QUEUE_FULL');
    expect(await linesOf(observations)).toEqual(
      expect.arrayContaining([
        'model_server_inferences_total{model="prices",version="3"} 1',
        'model_server_inference_rows_total{model="prices",version="3"} 4',
        'model_server_inferences_by_name_total{model="prices",version="3",alias="champion"} 1',
        'model_server_inferences_by_name_total{model="prices",version="3",alias=""} 1',
        'model_server_inference_duration_seconds_sum{model="prices",version="3"} 0.002',
        'model_server_input_duration_seconds_count{model="prices",version="3"} 2',
        'model_server_run_rows_bucket{model="prices",version="3",le="4"} 1',
        'model_server_queue_requests{model="prices",version="3"} 7',
        'model_server_inference_failures_total{model="prices",version="3",code="QUEUE_FULL"} 1',
      ]),
    );
    observations.told(version, 'champion', { inputSeconds: 1, outputSeconds: 1 });
    observations.versionGone(version);
    expect(await linesOf(observations)).toEqual([]);
  });

  it('has one series for two files of one number', async () => {
    const observations = new PrometheusObservations();
    for (const digest of ['abc', 'def']) observations.answered({ ...version, digest }, 1, 0.001, 0);
    expect(await linesOf(observations)).toContain('model_server_inferences_total{model="prices",version="3"} 2');
  });
});

describe('VersionHistogram', () => {
  it('writes what prom-client writes, for any values', () => {
    const bounds = [0.5, 1, 2.5];
    return fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.double({ noNaN: true, min: 0, max: 4 }), fc.constantFrom(...bounds))),
        async (values) => {
          fc.pre(values.length > 0);
          const theirs = new Registry();
          const ours = new Registry();
          const labelNames = ['model', 'version'];
          const peer = new Histogram({ name: 'h', help: 'a help', labelNames, buckets: bounds, registers: [theirs] });
          const histogram = new VersionHistogram('h', 'a help', bounds);
          ours.registerMetric(histogram.asMetric());
          for (const value of values) {
            peer.observe({ model: 'prices', version: '3' }, value);
            histogram.observe(version, value);
          }
          const sorted = async (registry: Registry) =>
          (await registry.metrics()).split('\n').map((line) => line.replace(/\{(.*)\}/, sortedLabels)).sort(); // prettier-ignore
          expect(await sorted(ours)).toEqual(await sorted(theirs));
          expect((await ours.getMetricsAsJSON())[0]?.type).toEqual((await theirs.getMetricsAsJSON())[0]?.type);
        },
      ),
    );
  });
});

const sortedLabels = (_all: string, labels: string): string => labels.split(',').sort().join();
