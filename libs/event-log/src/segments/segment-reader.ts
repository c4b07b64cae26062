import { join } from 'node:path';
import {
  EventLogReader,
  silent,
  topics,
  type EventConsumer,
  type EventLogLogger,
  type PartitionLag,
  type Topic,
} from '../event-log.js';
import { Backoff } from '../backoff.js';
import { gatewayIdsBelow } from './segment-files.js';
import { SegmentTail, type TailStats } from './segment-tail.js';

export interface SegmentReaderOptions {
  /** EVENT_LOG_DIR, of which every gateway's folder is read; may not exist yet. */
  dir: string;
  /** Between two looks for new records and new gateways; 200. */
  pollMs?: number;
  logger?: EventLogLogger;
  /** Called at every step, whether it went well or not: a reader that stays silent has stopped reading. */
  onStep?: () => void;
}

export interface SegmentReaderStats {
  gatewayId: string;
  topic: Topic;
  /** Failures of the consumer, or of the disk, since the last batch that went well. */
  failures: number;
  tail: TailStats;
}

interface Partition {
  topic: Topic;
  gatewayId: string;
  tail: SegmentTail;
  backoff: Backoff;
  /** Whether the tail stands where the consumer wants to read. */
  placed: boolean;
  /** Read and not consumed, be it that the consumer is about it or that it could not. */
  inHand: number;
  atEndMs: number;
}

/** Reads the segments of all gateways below one folder, new ones as they come. */
export class SegmentReader extends EventLogReader {
  private readonly partitions = new Map<string, Partition>();
  private readonly logger: EventLogLogger;
  private readonly stop = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly options: SegmentReaderOptions) {
    super();
    this.logger = options.logger ?? silent;
  }

  run(consumer: EventConsumer): Promise<void> {
    this.running ??= this.read(consumer);
    return this.running;
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.running;
  }

  stats(): SegmentReaderStats[] {
    return [...this.partitions.values()].map(({ gatewayId, topic, backoff, tail }) => {
      return { gatewayId, topic, failures: backoff.failures, tail: tail.stats() };
    });
  }

  async lag(): Promise<PartitionLag[]> {
    const partitions = [...this.partitions.values()];
    return Promise.all(
      partitions.map(async ({ topic, gatewayId, tail, inHand, atEndMs }) => {
        return { topic, partition: gatewayId, records: inHand + (await tail.unread()), atEndMs };
      }),
    );
  }

  private async read(consumer: EventConsumer): Promise<void> {
    const { signal } = this.stop;
    const idle = new Backoff({ firstMs: this.options.pollMs ?? 200, maxMs: this.options.pollMs ?? 200 });
    while (!signal.aborted) {
      this.options.onStep?.();
      this.discover();
      let moved = false;
      for (const partition of this.partitions.values()) {
        if (signal.aborted) break;
        if (partition.backoff.isWaiting()) continue;
        moved = (await this.step(partition, consumer)) || moved;
        this.options.onStep?.();
      }
      if (!moved) await idle.pause(signal);
    }
    for (const { tail } of this.partitions.values()) await tail.close();
  }

  /** Reads and hands over one batch; whether there was one. */
  private async step(partition: Partition, consumer: EventConsumer): Promise<boolean> {
    const { topic, gatewayId, tail, backoff } = partition;
    try {
      if (!partition.placed) await tail.seek(await consumer.next(topic, gatewayId));
      partition.placed = true;
      const readAtMs = Date.now();
      const records = await tail.read();
      partition.inHand = records.length;
      if (records.length > 0) await consumer.consume({ topic, partition: gatewayId, records });
      partition.inHand = 0;
      if (tail.sawEnd) partition.atEndMs = readAtMs;
      backoff.succeeded();
      return records.length > 0;
    } catch (error) {
      partition.placed = false;
      const waitMs = backoff.failed();
      this.logger.error({ err: error, topic, gatewayId, waitMs }, 'a batch was not consumed; it will be read again');
      return false;
    }
  }

  private discover(): void {
    for (const gatewayId of this.gateways()) {
      for (const topic of topics) {
        const name = `${topic}/${gatewayId}`;
        if (this.partitions.has(name)) continue;
        const tail = new SegmentTail(join(this.options.dir, gatewayId, topic), gatewayId, this.logger);
        const fresh = { backoff: new Backoff(), placed: false, inHand: 0, atEndMs: Date.now() };
        this.partitions.set(name, { topic, gatewayId, tail, ...fresh });
      }
    }
  }

  private gateways(): string[] {
    try {
      return gatewayIdsBelow(this.options.dir);
    } catch (error) {
      this.logger.error({ err: error, dir: this.options.dir }, 'the event log cannot be listed');
      return [];
    }
  }
}
