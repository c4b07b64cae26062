import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { topics, type Topic } from '../event-log.js';
import { isGatewayId } from './segment-files.js';
import { TopicWriter, type TopicWriterStats } from './topic-writer.js';
import { WriterLock } from './writer-lock.js';

export interface EventLogWriterOptions {
  /** EVENT_LOG_DIR: one folder a gateway, one below it a topic. */
  dir: string;
  /** Letters, digits, `.`, `_` and `-`, at most 64; no two living gateways share one. */
  gatewayId: string;
  /** Between two fsyncs, so also how much a power cut may take; 200. */
  fsyncIntervalMs?: number;
  /** A new segment above this size; 64 MiB. */
  segmentBytesMax?: number;
  /** For each topic: above this size the oldest segments go, if Kafka has them or is not used; 2 GiB. */
  retentionBytesMax?: number;
  /** Segments older than this go likewise; 7 days. */
  retentionAgeMsMax?: number;
  /** For each topic: above this size the oldest segments go whether Kafka has them or not; twice retentionBytesMax. */
  retentionHardBytesMax?: number;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

export interface EventLogWriterStats {
  /** Of both topics, since the start. */
  lostRecords: number;
  fsyncErrors: number;
  deletedUnshippedRecords: number;
  /** False while a full disk has kept the log from opening; every record is lost then, and counted. */
  open: boolean;
  topics: Record<Topic, TopicWriterStats>;
}

export interface EventLogWriter {
  /**
   * Hands one record to the operating system before it returns its sequence, so that killing the process loses
   * nothing. Undefined: it could not be written, and was counted as lost. Never throws.
   */
  append(topic: Topic, key: string, body: Uint8Array): bigint | undefined;
  stats(): EventLogWriterStats;
  /** Syncs, and lets another process write for this gateway. */
  close(): Promise<void>;
}

/**
 * Opens the log of one gateway, in new segments. Throws when another living process writes for the same gateway, or the
 * folder cannot be used at all; a full disk does not keep it from opening.
 */
export function openEventLogWriter(options: EventLogWriterOptions): EventLogWriter {
  return new SegmentWriter(options);
}

/** Between two looks at what retention may delete, and between two beats of the lock. */
const RETAIN_INTERVAL_MS = 5_000;

class SegmentWriter implements EventLogWriter {
  private readonly folder: string;
  private readonly now: () => number;
  private lock: WriterLock | undefined;
  private writers: Record<Topic, TopicWriter> | undefined;
  private lostBeforeOpen: Record<Topic, number> = { predictions: 0, outcomes: 0 };
  private openError: string | undefined;
  private retainAtMs = 0;
  private round: Promise<void> = Promise.resolve();
  private readonly timer: NodeJS.Timeout;
  private closed = false;

  constructor(private readonly options: EventLogWriterOptions) {
    if (!isGatewayId(options.gatewayId)) {
      throw new RangeError(`GATEWAY_ID is '${options.gatewayId}'; use letters, digits, '.', '_' and '-', at most 64`);
    }
    this.folder = join(options.dir, options.gatewayId);
    this.now = options.now ?? Date.now;
    this.open();
    let busy = false;
    this.timer = setInterval(() => {
      if (busy) return; // a slow disk: the next fsync covers what this one would have
      busy = true;
      this.round = this.work().finally(() => (busy = false));
    }, options.fsyncIntervalMs ?? 200);
    this.timer.unref();
  }

  append(topic: Topic, key: string, body: Uint8Array): bigint | undefined {
    if (this.writers) return this.writers[topic].append(key, body);
    this.lostBeforeOpen[topic] += 1;
    return undefined;
  }

  stats(): EventLogWriterStats {
    const of = (topic: Topic): TopicWriterStats => {
      const stats = this.writers?.[topic].stats() ?? { ...nothing, lastError: this.openError };
      return { ...stats, lostRecords: stats.lostRecords + this.lostBeforeOpen[topic] };
    };
    const all = { predictions: of('predictions'), outcomes: of('outcomes') };
    const sum = (count: (stats: TopicWriterStats) => number): number => count(all.predictions) + count(all.outcomes);
    return {
      lostRecords: sum((stats) => stats.lostRecords),
      fsyncErrors: sum((stats) => stats.fsyncErrors),
      deletedUnshippedRecords: sum((stats) => stats.deletedUnshippedRecords),
      open: this.writers !== undefined,
      topics: all,
    };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.timer);
    await this.round;
    if (this.writers) await Promise.all(topics.map((topic) => this.writers![topic].close()));
    this.lock?.release();
  }

  private open(): void {
    try {
      mkdirSync(this.folder, { recursive: true });
      this.lock ??= WriterLock.take(this.folder);
      this.writers = { predictions: this.topicWriter('predictions'), outcomes: this.topicWriter('outcomes') };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOSPC' || code === 'EDQUOT') this.openError = message;
      else {
        this.lock?.release();
        throw error;
      }
    }
  }

  private topicWriter(topic: Topic): TopicWriter {
    const {
      segmentBytesMax,
      retentionBytesMax = 2 * 1024 ** 3,
      retentionAgeMsMax,
      retentionHardBytesMax,
    } = this.options;
    return new TopicWriter({
      folder: join(this.folder, topic),
      segmentBytesMax: segmentBytesMax ?? 64 * 1024 ** 2,
      retentionBytesMax,
      retentionAgeMsMax: retentionAgeMsMax ?? 7 * 24 * 3_600_000,
      retentionHardBytesMax: retentionHardBytesMax ?? 2 * retentionBytesMax,
      now: this.now,
    });
  }

  /** What goes on beside the answers: fsync, retention, the lock's beat. Never rejects. */
  private async work(): Promise<void> {
    try {
      if (!this.writers) this.open();
      if (!this.writers) return;
      const synced = await Promise.all(topics.map((topic) => this.writers![topic].sync()));
      if (this.now() < this.retainAtMs) return;
      this.retainAtMs = this.now() + RETAIN_INTERVAL_MS;
      this.lock?.beat();
      topics.forEach((topic, index) => synced[index] && this.writers![topic].retain());
    } catch (error) {
      this.openError = (error as Error).message;
    }
  }
}

const nothing: TopicWriterStats = {
  records: 0,
  bytes: 0,
  lostRecords: 0,
  fsyncErrors: 0,
  segments: 0,
  deletedSegments: 0,
  deletedUnshippedRecords: 0,
  lastSequence: 0n,
  lastError: undefined,
};
