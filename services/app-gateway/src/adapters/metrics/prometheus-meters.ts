import type { EventLogWriter, KafkaShipper, TopicShipperStats } from '@vinaigrette/event-log';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ConfigurationInForce } from '../../configuration-in-force.js';
import { Meters } from '../../meters.js';

/** Bounds of the latency histogram, in seconds: fine where budgets lie. */
const LATENCY_BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** What the gauges are read from whenever somebody scrapes. */
export interface Gauged {
  log: Pick<EventLogWriter, 'stats'>;
  configuration: ConfigurationInForce;
  /** Of each model asked so far: whether its circuit is closed, and so the model asked. */
  circuits(): Iterable<readonly [model: string, phase: 'closed' | 'open' | 'half-open']>;
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
  private readonly fallbacks = new Counter({
    name: 'vinaigrette_gateway_fallbacks_total',
    help: "Answers that were not the model's, by why",
    labelNames: ['use_case', 'reason'],
    registers: [this.registry],
  });

  constructor() {
    super();
    // Ten looks a second at the event loop's delay: the default hundred keep an idle process busy.
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 100 });
  }

  fellBack(useCase: string, reason: string): void {
    this.fallbacks.inc({ use_case: useCase, reason });
  }

  answered(route: string, status: number, durationMs: number): void {
    this.requests.inc({ route, status });
    this.latency.observe({ route }, durationMs / 1_000);
  }

  /** Adds the numbers that others keep. */
  gauge({ log, configuration, circuits }: Gauged): void {
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
      '1 while a model is not asked because it lately did not answer',
      (set) => {
        for (const [model, phase] of circuits()) set.set({ model }, Number(phase !== 'closed'));
      },
      ['model'],
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
