import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AggregatorRegistry } from 'prom-client';
import type { Logger } from '@vinaigrette/edge';
import { sumOfStatistics, type StatisticsByVersion } from '../../model-statistics.js';
import type { FromProcess, ToProcess } from './group-messages.js';

/** First pause before a process that died is replaced, doubled at each further death up to the largest. */
const RESTART_PAUSE_MS = 100;
const RESTART_PAUSE_MAX_MS = 10_000;
/** How long a process may take to say what it did. */
const STATISTICS_TIMEOUT_MS = 5_000;

/**
 * Several server processes on the same ports, each a whole server that follows its source by itself: this one only
 * hands connections round, replaces what dies, and adds up what is counted. A connection stays with its process.
 */
export class ClusterPrimary {
  private readonly workers = new Map<number, { worker: Worker; ready: boolean }>();
  private readonly registry = new AggregatorRegistry();
  private readonly stopping = new AbortController();
  private readonly told = new Map<number, (statistics: StatisticsByVersion) => void>();
  private latestId = 0;
  private listening = 0;

  /** `cacheFolder`: each process has a folder of its own in it. */
  constructor(
    private readonly count: number,
    private readonly cacheFolder: string,
    private readonly logger: Logger,
  ) {}

  /** Settles when all of them listen. Rejects when one cannot: its log says why. */
  async start(): Promise<() => Promise<void>> {
    cluster.setupPrimary({ serialization: 'advanced' }); // what is said has maps in it
    await new Promise<void>((listening, failed) => {
      for (let slot = 1; slot <= this.count; slot++) void this.keep(slot, listening, failed);
    });
    return () => this.stop();
  }

  private async keep(slot: number, listening: () => void, failed: (error: Error) => void): Promise<void> {
    let deathsInARow = 0;
    while (!this.stopping.signal.aborted) {
      const worker = cluster.fork({ MODEL_SERVER_CACHE_DIR: join(this.cacheFolder, `process-${slot}`) });
      this.workers.set(slot, { worker, ready: false });
      worker.on('message', (message: FromProcess) => {
        if (message.kind === 'listening') deathsInARow = 0;
        this.hear(slot, worker, message, listening);
      });
      const [code, signal] = (await once(worker, 'exit')) as [number | null, NodeJS.Signals | null];
      this.workers.delete(slot);
      this.tellOthersReady();
      if (this.stopping.signal.aborted) return;
      if (this.listening < this.count) return failed(new Error(`Process ${slot} ended with ${signal ?? code}`));
      this.logger.error({ slot, code, signal }, 'a server process died, and is replaced');
      const pauseMs = Math.min(RESTART_PAUSE_MS * 2 ** deathsInARow++, RESTART_PAUSE_MAX_MS);
      await pause(pauseMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private hear(slot: number, worker: Worker, message: FromProcess, listening: () => void): void {
    if (message.kind === 'metrics') void this.sendMetrics(worker, message.id);
    if (message.kind === 'statistics') void this.sendStatistics(worker, message.id);
    if (message.kind === 'own-statistics') this.told.get(message.id)?.(message.statistics);
    if (message.kind === 'ready') {
      this.workers.set(slot, { worker, ready: message.ready });
      this.tellOthersReady();
    }
    if (message.kind !== 'listening' || ++this.listening !== this.count) return;
    this.logger.info({ http: message.http, grpc: message.grpc, processes: this.count }, 'listening');
    listening();
  }

  private tellOthersReady(): void {
    const ready = new Set([...this.workers].filter(([, one]) => one.ready).map(([slot]) => slot));
    for (const [slot, { worker }] of this.workers) {
      const others = ready.size - (ready.has(slot) ? 1 : 0);
      send(worker, { kind: 'ready', othersReady: others === this.count - 1 });
    }
  }

  private async sendMetrics(worker: Worker, id: number): Promise<void> {
    const text = await this.registry.clusterMetrics().catch(() => undefined);
    send(worker, { kind: 'metrics', id, ...(text === undefined ? {} : { text }) });
  }

  private async sendStatistics(worker: Worker, id: number): Promise<void> {
    const all = await Promise.all([...this.workers.values()].map((one) => this.statisticsOf(one.worker)));
    const whole = all.filter((statistics) => statistics !== undefined);
    send(worker, {
      kind: 'statistics',
      id,
      ...(whole.length === all.length ? { statistics: sumOfStatistics(whole) } : {}),
    });
  }

  /** Undefined when they do not come in time; none of one that ends meanwhile. */
  private async statisticsOf(worker: Worker): Promise<StatisticsByVersion | undefined> {
    const id = ++this.latestId;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(STATISTICS_TIMEOUT_MS)]);
    const exited = once(worker, 'exit', { signal }).then(
      () => new Map(),
      () => undefined,
    );
    const told = new Promise<StatisticsByVersion>((tell) => this.told.set(id, tell));
    send(worker, { kind: 'own-statistics', id });
    const statistics = await Promise.race([told, exited]);
    over.abort();
    this.told.delete(id);
    return statistics;
  }

  /** Each drains by itself, and is waited for. */
  private async stop(): Promise<void> {
    this.stopping.abort();
    const ended = [...this.workers.values()].map(async ({ worker }) => {
      const exited = once(worker, 'exit');
      worker.process.kill('SIGTERM');
      await exited;
    });
    await Promise.all(ended);
  }
}

function send(worker: Worker, message: ToProcess): void {
  if (worker.isConnected()) worker.send(message, () => undefined); // one that is just dying is replaced, and no error here
}
