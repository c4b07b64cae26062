import { collectDefaultMetrics, type Aggregator, Counter, Gauge, Registry } from 'prom-client';
import { problems, type ProblemCode } from '@vinaigrette/problems';
import type { Version } from '../../domain/plan-versions.js';
import { Observations, type ReplyTimes, type VersionState } from '../../observations.js';
import { VersionHistogram, VersionNumber } from './version-metrics.js';

const STATES: VersionState[] = ['loading', 'ready', 'quarantined', 'resting'];
const DURATIONS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 1024];

/** What /metrics shows. Labels are names of versions that were held, never what a caller wrote. */
export class PrometheusObservations extends Observations {
  readonly registry = new Registry();
  /** Every alias that was ever asked for and answered: as many as there are in the registry. */
  private readonly aliases = new Set<string>();
  private readonly inferences = this.number('counter', 'inferences_total', 'Inferences answered');
  private readonly rows = this.number('counter', 'inference_rows_total', 'Rows of the inferences answered');
  private readonly asked = this.counter(
    'inferences_by_name_total',
    'Inferences answered, by the name asked for',
    ['model', 'version', 'alias'],
    () => this.tellAsked(),
  );
  private readonly failures = this.counter(
    'inference_failures_total',
    'Inferences refused or failed, by code',
    ['model', 'version', 'code'],
    () => this.tellFailures(),
  );
  /** Not yet in `asked`. */
  private readonly untoldNames = new Tallies<Version, string>();
  /** Not yet in `failures`: under too much load they come by the ten thousand. */
  private readonly untoldFailures = new Tallies<Version | undefined, ProblemCode>();
  private readonly durations = this.histogram(
    'inference_duration_seconds',
    'From the acceptance of an inference to its answer',
    DURATIONS_S,
  );
  private readonly waits = this.histogram('queue_duration_seconds', 'Wait of an inference for its run', DURATIONS_S);
  private readonly inputs = this.histogram('input_duration_seconds', 'Reading the tensors of a request', DURATIONS_S);
  private readonly outputs = this.histogram('output_duration_seconds', 'Writing an answer', DURATIONS_S);
  private readonly runs = this.histogram('run_duration_seconds', 'One run of the graph, hop included', DURATIONS_S);
  private readonly runRequests = this.histogram('run_requests', 'Requests joined into one run', ROWS);
  private readonly runRows = this.histogram('run_rows', 'Rows of one run', ROWS);
  private readonly queue = this.number('gauge', 'queue_requests', 'Requests that wait');
  private readonly losses = this.counter('executors_lost_total', 'Executors that died and were replaced', [
    'model',
    'version',
  ]);
  private readonly states = this.gauge(
    'version_state',
    '1 for the state the version is in',
    ['model', 'version', 'state'],
    'max',
  );
  private readonly connected = this.gauge('source_connected', '1 while the source of wanted models answers', [], 'min');

  constructor() {
    super();
    collectDefaultMetrics({ register: this.registry });
  }

  override answered(version: Version, rows: number, seconds: number, queueSeconds: number): void {
    this.inferences.add(version, 1);
    this.rows.add(version, rows);
    this.durations.observe(version, seconds);
    this.waits.observe(version, queueSeconds);
  }

  override told(version: Version, name: string, { inputSeconds, outputSeconds }: ReplyTimes): void {
    this.untoldNames.count(version, name);
    this.inputs.observe(version, inputSeconds);
    this.outputs.observe(version, outputSeconds);
  }

  private tellAsked(): void {
    this.untoldNames.tell((version, name, count) => {
      // A number is no alias, and has a label already.
      const alias = /^\d+$/.test(name) ? '' : name || 'default';
      this.aliases.add(alias);
      this.asked.inc({ ...labelsOf(version), alias }, count);
    });
  }

  override failed(version: Version | undefined, code: ProblemCode): void {
    this.untoldFailures.count(version, code);
  }

  private tellFailures(): void {
    this.untoldFailures.tell((version, code, count) => {
      const labels = version ? labelsOf(version) : { model: '', version: '' };
      this.failures.inc({ ...labels, code }, count);
    });
  }

  override ran(version: Version, requests: number, rows: number, seconds: number): void {
    this.runs.observe(version, seconds);
    this.runRequests.observe(version, requests);
    this.runRows.observe(version, rows);
  }

  override queued(version: Version, requests: number): void {
    this.queue.set(version, requests);
  }

  override executorLost(version: Version): void {
    this.losses.inc(labelsOf(version));
  }

  override versionState(version: Version, state: VersionState): void {
    for (const other of STATES) this.states.set({ ...labelsOf(version), state: other }, Number(other === state));
  }

  /** Takes away every series of the version: they would be told for ever. */
  override versionGone(version: Version): void {
    const labels = labelsOf(version);
    this.untoldNames.forget(version);
    this.untoldFailures.forget(version);
    const plain = [this.inferences, this.rows, this.durations, this.waits, this.inputs, this.outputs, this.runs];
    for (const metric of [...plain, this.runRequests, this.runRows, this.queue]) metric.remove(version);
    this.losses.remove(labels);
    for (const state of STATES) this.states.remove({ ...labels, state });
    for (const code of Object.keys(problems)) this.failures.remove({ ...labels, code });
    for (const alias of this.aliases) this.asked.remove({ ...labels, alias });
  }

  override followed(connected: boolean): void {
    this.connected.set(Number(connected));
  }

  private counter(name: string, help: string, labelNames: string[], collect?: () => void): Counter {
    const registers = [this.registry];
    return new Counter({ name: `model_server_${name}`, help, labelNames, registers, ...(collect && { collect }) });
  }

  /** `aggregator`: how the values of several server processes become one. */
  private gauge(name: string, help: string, labelNames: string[], aggregator: Aggregator = 'sum'): Gauge {
    return new Gauge({ name: `model_server_${name}`, help, labelNames, aggregator, registers: [this.registry] });
  }

  private number(type: 'counter' | 'gauge', name: string, help: string): VersionNumber {
    const metric = new VersionNumber(`model_server_${name}`, help, type);
    this.registry.registerMetric(metric.asMetric());
    return metric;
  }

  private histogram(name: string, help: string, bounds: number[]): VersionHistogram {
    const metric = new VersionHistogram(`model_server_${name}`, help, bounds);
    this.registry.registerMetric(metric.asMetric());
    return metric;
  }
}

/** How often each thing happened with each version, until it is told. */
class Tallies<V, T> {
  private readonly byVersion = new Map<V, Map<T, number>>();

  count(version: V, thing: T): void {
    const counts = this.byVersion.get(version) ?? new Map<T, number>();
    this.byVersion.set(version, counts.set(thing, (counts.get(thing) ?? 0) + 1));
  }

  tell(hear: (version: V, thing: T, count: number) => void): void {
    for (const [version, counts] of this.byVersion) for (const [thing, count] of counts) hear(version, thing, count);
    this.byVersion.clear();
  }

  forget(version: V): void {
    this.byVersion.delete(version);
  }
}

const labelsOf = ({ model, number }: Version) => ({ model, version: String(number) });
