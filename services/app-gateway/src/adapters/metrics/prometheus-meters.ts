import type { EventLogWriter, KafkaShipper, TopicShipperStats } from '@vinaigrette/event-log';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ConfigurationInForce } from '../../configuration-in-force.js';
import type { TrialStatus } from '../../guard-rollouts.js';
import { Meters, type ShadowOutcome } from '../../meters.js';

/** Bounds of the latency histogram, in seconds: fine where budgets lie. */
const LATENCY_BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** What the gauges are read from whenever somebody scrapes. */
export interface Gauged {
  log: Pick<EventLogWriter, 'stats'>;
  configuration: ConfigurationInForce;
  /** Of each version asked so far: whether its circuit is closed, and so the version asked. */
  circuits(): Iterable<readonly [model: string, version: string, phase: 'closed' | 'open' | 'half-open']>;
  trials(): Iterable<TrialStatus>;
}

/** The gateway's numbers as Prometheus reads them at /metrics. */
export class PrometheusMeters extends Meters {
  private readonly registry = new Registry();
  private readonly requests = new Counter({
    name: 'vinaigrette_gateway_requests_total',
    help: 'Answers by route and HTTP status',
    labelNames: ['route', 'status'],
    registers: [this.registry],
  });
  private readonly latency = new Histogram({
    name: 'vinaigrette_gateway_request_duration_seconds',
    help: 'From the request read to the answer sent',
    labelNames: ['route'],
    buckets: LATENCY_BUCKETS_S,
    registers: [this.registry],
  });
  /** By route: of every request, so their labels are looked up once. */
  private readonly labelled = new Map<
    string,
    { requests: Map<number, Counter.Internal>; latency: Histogram.Internal<string> }
  >();
  private readonly fallbacks = new Counter({
    name: 'vinaigrette_gateway_fallbacks_total',
    help: "Answers that were not the model's, by why",
    labelNames: ['use_case', 'reason', 'rung'],
    registers: [this.registry],
  });
  private readonly feedback = new Counter({
    name: 'vinaigrette_gateway_feedback_total',
    help: 'Feedback taken, by kind and by whether this gateway lately made the prediction',
    labelNames: ['kind', 'prediction'],
    registers: [this.registry],
  });
  private readonly shadows = new Counter({
    name: 'vinaigrette_gateway_shadows_total',
    help: 'Requests copied to a shadow, by what became of them; dropped: too many were under way',
    labelNames: ['use_case', 'variant', 'outcome'],
    registers: [this.registry],
  });
  private readonly shadowOverlap = new Histogram({
    name: 'vinaigrette_gateway_shadow_rank_overlap',
    help: 'Share of the first ten items that shadow and shown answer have in common, 0..1',
    labelNames: ['use_case', 'variant'],
    buckets: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
    registers: [this.registry],
  });
  private readonly shadowScoreDelta = new Histogram({
    name: 'vinaigrette_gateway_shadow_score_delta',
    help: 'Largest difference of a number in the shadow and in the shown answer',
    labelNames: ['use_case', 'variant'],
    buckets: [0, 1e-6, 1e-3, 0.01, 0.1, 1, 10, 100, 1_000],
    registers: [this.registry],
  });
  private readonly shadowLatencyDelta = new Histogram({
    name: 'vinaigrette_gateway_shadow_latency_delta_seconds',
    help: "The shadow's time less that of the version shown",
    labelNames: ['use_case', 'variant'],
    buckets: [-0.1, -0.01, -0.001, 0, 0.001, 0.01, 0.1, 1],
    registers: [this.registry],
  });

  constructor() {
    super();
    // Ten looks a second at the event loop's delay: the default hundred keep an idle process busy.
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 100 });
  }

  fellBack(useCase: string, reason: string, rung: string): void {
    this.fallbacks.inc({ use_case: useCase, reason, rung });
  }

  tookFeedback(kind: string, known: boolean): void {
    this.feedback.inc({ kind, prediction: known ? 'known' : 'unknown' });
  }

  shadowed(useCase: string, variant: string, outcome: ShadowOutcome): void {
    const labels = { use_case: useCase, variant };
    this.shadows.inc({ ...labels, outcome: outcome.answered ? 'answered' : 'failed' });
    if (outcome.rankOverlap !== undefined) this.shadowOverlap.observe(labels, outcome.rankOverlap);
    if (outcome.scoreDelta !== undefined) this.shadowScoreDelta.observe(labels, outcome.scoreDelta);
    if (outcome.latencyDeltaMs !== undefined) this.shadowLatencyDelta.observe(labels, outcome.latencyDeltaMs / 1_000);
  }

  shadowDropped(useCase: string, variant: string): void {
    this.shadows.inc({ use_case: useCase, variant, outcome: 'dropped' });
  }

  answered(route: string, status: number, durationMs: number): void {
    let labelled = this.labelled.get(route);
    if (!labelled) {
      labelled = { requests: new Map(), latency: this.latency.labels({ route }) };
      this.labelled.set(route, labelled);
    }
    let requests = labelled.requests.get(status);
    if (!requests) {
      requests = this.requests.labels({ route, status });
      labelled.requests.set(status, requests);
    }
    requests.inc();
    labelled.latency.observe(durationMs / 1_000);
  }

  /** Adds the numbers that others keep. */
  gauge({ log, configuration, circuits, trials }: Gauged): void {
    this.add('log_lost_records_total', 'Records that could not be written to the event log', (set) =>
      set.set(log.stats().lostRecords),
    );
    this.add('log_unsynced_errors_total', 'Times the event log could not be synced to disk', (set) =>
      set.set(log.stats().fsyncErrors),
    );
    this.add('configuration_faults', 'Wanted things that are not in force; /readyz names them', (set) =>
      set.set(configuration.faults.length),
    );
    this.add('configuration_revision', 'Revision of the wanted state in force', (set) =>
      set.set(Number(configuration.current?.revision ?? 0n)),
    );
    this.add('registry_connected', '1 while the registry can be heard', (set) =>
      set.set(Number(configuration.registryConnected)),
    );
    this.add(
      'circuit_open',
      '1 while a version is not asked because it lately did not answer',
      (set) => {
        for (const [model, version, phase] of circuits()) set.set({ model, version }, Number(phase !== 'closed'));
      },
      ['model', 'version'],
    );
    this.gaugeTrials(trials);
  }

  private gaugeTrials(trials: Gauged['trials']): void {
    const labels = ['rollout', 'variant'];
    const each = (read: (status: TrialStatus) => number) => (set: Gauge) => {
      set.reset();
      for (const status of trials()) {
        set.set({ rollout: status.rolloutId, variant: status.variant }, read(status));
      }
    };
    this.add(
      'rollout_ejected',
      '1 while this gateway sends nobody to the candidate, since it is plainly broken',
      each(({ ejected }) => Number(ejected)),
      labels,
    );
    this.add(
      'rollout_sample_ratio_chi_square',
      'Units of both sides against the ratio drawn; from 23.93 on (p below 1e-6) they are not what was drawn',
      each(({ sampleRatioChiSquare }) => sampleRatioChiSquare),
      labels,
    );
    this.add(
      'rollout_counts',
      'Requests of each side of a rollout at its step, by what became of them',
      (set) => {
        set.reset();
        for (const { rolloutId: rollout, counts } of trials()) {
          for (const [side, of] of Object.entries(counts)) {
            for (const [what, count] of Object.entries(of)) set.set({ rollout, side, what }, count as number);
          }
        }
      },
      ['rollout', 'side', 'what'],
    );
  }

  gaugeShipping(shipper: Pick<KafkaShipper, 'stats'>): void {
    const perTopic = (read: (stats: TopicShipperStats) => number) => (set: Gauge) => {
      for (const [topic, stats] of Object.entries(shipper.stats())) set.set({ topic }, read(stats));
    };
    this.add(
      'shipped_records_total',
      'Records Kafka has',
      perTopic((of) => of.shippedRecords),
      ['topic'],
    );
    this.add(
      'shipping_failures',
      'Attempts to reach Kafka that failed in a row',
      perTopic((of) => of.failures),
      ['topic'],
    );
    this.add(
      'dead_letters_total',
      'Records Kafka refused for good',
      perTopic((of) => of.deadLetters),
      ['topic'],
    );
  }

  private add(name: string, help: string, read: (set: Gauge) => void, labelNames: string[] = []): void {
    new Gauge({
      name: `vinaigrette_gateway_${name}`,
      help,
      labelNames,
      registers: [this.registry],
      collect() {
        read(this);
      },
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
