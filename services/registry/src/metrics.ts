import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What the registry tells Prometheus about itself. */
export class Metrics {
  readonly registry = new Registry();

  readonly calls = new Counter({
    name: 'vinaigrette_registry_calls_total',
    help: 'Calls answered, by method and by Connect code (ok when it succeeded)',
    labelNames: ['method', 'code'],
    registers: [this.registry],
  });

  readonly callSeconds = new Histogram({
    name: 'vinaigrette_registry_call_seconds',
    help: 'Seconds from a call until its answer is complete, by method; Watch counts when it ends',
    labelNames: ['method'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.registry],
  });

  readonly openCalls = new Gauge({
    name: 'vinaigrette_registry_open_calls',
    help: 'Calls that are being answered, by method; those of Watch are the watchers',
    labelNames: ['method'],
    registers: [this.registry],
  });

  readonly webhookPosts = new Counter({
    name: 'vinaigrette_registry_webhook_posts_total',
    help: 'Messages posted to webhooks, by result: delivered, retry (again later), failed (given up)',
    labelNames: ['result'],
    registers: [this.registry],
  });

  readonly faultyArtifacts = new Gauge({
    name: 'vinaigrette_registry_faulty_artifacts',
    help: 'Artefacts in use that are missing, or whose bytes are not those of their SHA-256',
    registers: [this.registry],
  });

  /** `revision`: of the wanted state that watchers are told. */
  constructor(revision: () => bigint) {
    collectDefaultMetrics({ register: this.registry });
    new Gauge({
      name: 'vinaigrette_registry_wanted_revision',
      help: 'Revision of the wanted state that watchers are told',
      registers: [this.registry],
      collect() {
        this.set(Number(revision()));
      },
    });
  }
}
