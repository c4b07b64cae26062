import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Backoff } from '../backoff.js';
import { topics, type EventLogLogger, type EventRecord, type Topic } from '../event-log.js';
import { isGatewayId } from '../segments/segment-files.js';
import { SegmentTail } from '../segments/segment-tail.js';
import { readShippedNext, storeShippedNext } from '../segments/shipped-position.js';
import type { KafkaSecurity } from './client.js';
import { KafkaSender } from './sender.js';
import { OVERHEAD_BYTES } from './message.js';

export interface KafkaShipperOptions {
  /** EVENT_LOG_DIR, where the writer of the same gateway writes. */
  dir: string;
  gatewayId: string;
  /** host:port of some brokers of the cluster. */
  brokers: string[];
  /** Absent: clear text, and no password. */
  security?: KafkaSecurity | undefined;
  logger: EventLogLogger;
  /** Between two looks for records, and so how long small batches are collected; 200. */
  pollMs?: number;
}

export interface TopicShipperStats {
  /** Records Kafka has acknowledged since the start. */
  shippedRecords: number;
  /** Records Kafka refused for good; they are in `dead-letters`. */
  deadLetters: number;
  /** Attempts that failed since the last that went well; above 0: Kafka is away, or the disk is. */
  failures: number;
  /** Ranges that retention deleted, or damage took, before they were shipped. */
  missedRanges: number;
  /** Records up to here are in Kafka. */
  next: bigint;
  lastError: string | undefined;
}

export interface KafkaShipper {
  stats(): Record<Topic, TopicShipperStats>;
  /** Ends after the batch under way, or after a few seconds when Kafka does not answer. What is left goes next time. */
  close(): Promise<void>;
}

/**
 * Encoding runs on the thread that answers: 250 records hold it for some 5 ms, and still ship 10,000 a second. A batch
 * also stays below the broker's default limit of 1 MiB when all of it goes to one partition.
 */
const SHIP_RECORDS_MAX = 250;
const SHIP_BYTES_MAX = 1_000_000 - SHIP_RECORDS_MAX * OVERHEAD_BYTES;

/**
 * Ships the gateway's segments to Kafka, each topic in order and one batch at a time. Only what an fsync has made
 * durable is shipped; the position is stored only after Kafka acknowledged, so after a crash some records come twice,
 * with the same (gatewayId, sequence). Never throws for reasons of Kafka, and tries for ever.
 */
export function startKafkaShipper(options: KafkaShipperOptions): KafkaShipper {
  if (!isGatewayId(options.gatewayId)) throw new RangeError(`'${options.gatewayId}' is no gateway id`);
  const shippers = {
    predictions: new TopicShipper('predictions', options),
    outcomes: new TopicShipper('outcomes', options),
  };
  return {
    stats: () => ({ predictions: shippers.predictions.stats(), outcomes: shippers.outcomes.stats() }),
    close: async () => void (await Promise.all(topics.map((topic) => shippers[topic].close()))),
  };
}

/** Failures in a row, about ten seconds of them. */
const LASTING = 6;

class TopicShipper {
  private readonly folder: string;
  private readonly tail: SegmentTail;
  private readonly sender: KafkaSender;
  private readonly logger: EventLogLogger;
  private readonly stop = new AbortController();
  private readonly backoff = new Backoff({ firstMs: 200, maxMs: 3_000 });
  private readonly running: Promise<void>;
  private next: bigint;
  private shippedRecords = 0;
  private deadLetters = 0;
  private lastError: string | undefined;

  constructor(
    private readonly topic: Topic,
    private readonly options: KafkaShipperOptions,
  ) {
    const { dir, gatewayId, brokers, security, logger } = options;
    this.folder = join(dir, gatewayId, topic);
    this.logger = logger;
    this.tail = new SegmentTail(this.folder, gatewayId, logger);
    this.sender = new KafkaSender({ brokers, security, logger }, `vinaigrette-${gatewayId}-${topic}`, logger);
    this.next = readShippedNext(this.folder) ?? 0n;
    this.running = this.run();
  }

  stats(): TopicShipperStats {
    const { shippedRecords, deadLetters, next, lastError } = this;
    const { missedRanges } = this.tail.stats();
    return { shippedRecords, deadLetters, failures: this.backoff.failures, missedRanges, next, lastError };
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stop;
    await this.claim();
    await this.tail.seek(this.next);
    const linger = new Backoff({ firstMs: this.options.pollMs ?? 200, maxMs: 0 });
    while (!signal.aborted) {
      try {
        const records = await this.tail.read(SHIP_RECORDS_MAX, SHIP_BYTES_MAX);
        if (records.length > 0) await this.ship(records);
        if (this.backoff.failures > 0) this.logger.info({ topic: this.topic }, 'shipping to Kafka again');
        this.backoff.succeeded();
        if (records.length < SHIP_RECORDS_MAX / 2) await linger.pause(signal);
      } catch (error) {
        await this.failed(error as Error);
      }
    }
    await this.tail.close();
    await this.sender.close();
  }

  private async ship(records: readonly EventRecord[]): Promise<void> {
    await this.tail.sync();
    const deadLetters = await this.sender.send(this.topic, records);
    this.next = records.at(-1)!.sequence + 1n;
    this.deadLetters += deadLetters;
    this.shippedRecords += records.length - deadLetters;
    await storeShippedNext(this.folder, this.next);
  }

  /** From the first moment on there is a position, so that retention waits for Kafka. */
  private async claim(): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true });
      await storeShippedNext(this.folder, this.next);
    } catch (error) {
      this.lastError = (error as Error).message; // a full disk: it is stored after the first batch
    }
  }

  /** The same records are read and sent again after a while. */
  private async failed(error: Error): Promise<void> {
    const waitMs = this.backoff.failed();
    this.lastError = error.message;
    const fields = { err: error, topic: this.topic, failures: this.backoff.failures, waitMs };
    // A moment's trouble is worth a line, a lasting one another.
    if (this.backoff.failures === 1) this.logger.warn(fields, 'records wait for Kafka; the answers do not');
    if (this.backoff.failures === LASTING) this.logger.error(fields, 'records still wait for Kafka');
    await this.tail.seek(this.next).catch(() => undefined);
    await this.backoff.pause(this.stop.signal);
  }
}
