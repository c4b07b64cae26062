import { Backoff } from '../backoff.js';
import { EventLogReader, silent, type EventConsumer, type EventLogLogger, type PartitionLag } from '../event-log.js';
import type { KafkaSecurity } from './client.js';
import { KafkaSession } from './session.js';

export interface KafkaReaderOptions {
  /** host:port of some brokers of the cluster. */
  brokers: string[];
  /** Absent: clear text, and no password. */
  security?: KafkaSecurity | undefined;
  /** Readers of one group share the partitions. */
  groupId: string;
  logger?: EventLogLogger;
  /** Called at every step, whether it went well or not: a reader that stays silent has stopped reading. */
  onStep?: () => void;
}

export interface KafkaReaderStats {
  /** False while Kafka is away or the group is being joined for the first time. */
  consuming: boolean;
  /** Attempts since the last that went well: of reading at all, and of consuming a batch. */
  failures: number;
  /** Messages without a gateway's headers, skipped. */
  foreignMessages: number;
  /** Partitions, as `topic/number`, that end before what the consumer wants: the topic was made again or lost records. */
  shrunkPartitions: string[];
}

/** Failures in a row, about ten seconds of them. */
const LASTING = 6;

/** Reads the partitions of both topics that Kafka gives this member of the group, new assignments as they come. */
export class KafkaReader extends EventLogReader {
  private readonly logger: EventLogLogger;
  private readonly stop = new AbortController();
  private readonly backoff = new Backoff({ firstMs: 500, maxMs: 3_000 });
  private readonly shrunk = new Set<string>();
  private session: KafkaSession | undefined;
  /** Of the partitions read last: while Kafka is away they fall behind. */
  private lags: PartitionLag[] = [];
  private foreignMessages = 0;
  private running: Promise<void> | undefined;

  constructor(private readonly options: KafkaReaderOptions) {
    super();
    this.logger = options.logger ?? silent;
  }

  run(consumer: EventConsumer): Promise<void> {
    this.running ??= this.read(consumer);
    return this.running;
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.session?.close();
    await this.running;
  }

  stats(): KafkaReaderStats {
    return {
      consuming: this.session?.joined ?? false,
      failures: this.backoff.failures + (this.session?.failures() ?? 0),
      foreignMessages: this.foreignMessages,
      shrunkPartitions: [...this.shrunk],
    };
  }

  async lag(): Promise<PartitionLag[]> {
    if (this.session?.joined) this.lags = this.session.lag();
    return this.lags;
  }

  private async read(consumer: EventConsumer): Promise<void> {
    const { signal } = this.stop;
    while (!signal.aborted) {
      this.options.onStep?.();
      const session = new KafkaSession({ ...this.options, logger: this.logger }, consumer, {
        foreign: (count) => (this.foreignMessages += count),
        shrunk: (partition, isShrunk) => void (isShrunk ? this.shrunk.add(partition) : this.shrunk.delete(partition)),
        joined: () => this.backoff.succeeded(),
        step: () => this.options.onStep?.(),
      });
      this.session = session;
      try {
        await session.run();
      } catch (error) {
        if (signal.aborted) break;
        await this.lag();
        const waitMs = this.backoff.failed();
        const { failures } = this.backoff;
        if (failures === 1) this.logger.warn({ err: error, waitMs }, 'Kafka cannot be read; a new consumer will try');
        if (failures === LASTING) this.logger.error({ err: error, failures, waitMs }, 'Kafka still cannot be read');
        await session.close();
        await this.backoff.pause(signal);
      }
    }
    await this.session?.close();
  }
}
