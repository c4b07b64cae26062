import { AggregatorRegistry, type Registry } from 'prom-client';
import { ProcessGroup } from '../../process-group.js';
import type { FromProcess, ToProcess } from './group-messages.js';

/** Within a process that `ClusterPrimary` started. */
export class ClusterGroup extends ProcessGroup {
  override othersReady = false;
  private readonly asked = new Map<number, (text: string | undefined) => void>();
  private latestId = 0;

  constructor(registry: Registry) {
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
    const id = ++this.latestId;
    const text = await new Promise<string | undefined>((told) => {
      this.asked.set(id, told);
      this.say({ kind: 'metrics', id });
    });
    if (text === undefined) throw new Error('The metrics of another process did not come in time');
    return text;
  }

  private hear(message: ToProcess): void {
    if (message.kind === 'ready') this.othersReady = message.othersReady;
    if (message.kind !== 'metrics') return;
    this.asked.get(message.id)?.(message.text);
    this.asked.delete(message.id);
  }

  private say(message: FromProcess): void {
    if (process.connected) process.send?.(message);
  }
}
