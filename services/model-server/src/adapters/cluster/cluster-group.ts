import { AggregatorRegistry, type Registry } from 'prom-client';
import { ProcessGroup } from '../../process-group.js';
import type { ModelStatistics, StatisticsByVersion } from '../../model-statistics.js';
import type { FromProcess, ToProcess } from './group-messages.js';

/** Within a process that `ClusterPrimary` started. */
export class ClusterGroup extends ProcessGroup {
  override othersReady = false;
  private readonly asked = new Map<number, (answer: ToProcess) => void>();
  private latestId = 0;

  constructor(
    registry: Registry,
    private readonly own: ModelStatistics,
  ) {
    super();
    AggregatorRegistry.setRegistries([registry]);
    new AggregatorRegistry(); // answers when the metrics of this process are asked for
    process.on('message', (message: ToProcess) => this.hear(message));
  }

  override tellReady(ready: boolean): void {
    this.say({ kind: 'ready', ready });
  }

  override tellListening(ports: { http: number; grpc: number }): void {
    this.say({ kind: 'listening', ...ports });
  }

  override async metrics(): Promise<string> {
    const answer = await this.ask('metrics');
    if (answer.kind === 'metrics' && answer.text !== undefined) return answer.text;
    throw new Error('The metrics of another process did not come in time');
  }

  override async statistics(): Promise<StatisticsByVersion> {
    const answer = await this.ask('statistics');
    if (answer.kind === 'statistics' && answer.statistics) return answer.statistics;
    throw new Error('The statistics of another process did not come in time');
  }

  private ask(kind: 'metrics' | 'statistics'): Promise<ToProcess> {
    const id = ++this.latestId;
    return new Promise((told) => {
      this.asked.set(id, told);
      this.say({ kind, id });
    });
  }

  private hear(message: ToProcess): void {
    if (message.kind === 'ready') {
      this.othersReady = message.othersReady;
    } else if (message.kind === 'own-statistics') {
      this.say({ kind: 'own-statistics', id: message.id, statistics: this.own.all() });
    } else {
      this.asked.get(message.id)?.(message);
      this.asked.delete(message.id);
    }
  }

  private say(message: FromProcess): void {
    if (process.connected) process.send?.(message);
  }
}
