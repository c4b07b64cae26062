import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { Backoff } from '../backoff.js';
import {
  BATCH_BYTES_MAX,
  BATCH_RECORDS_MAX,
  topics,
  type EventConsumer,
  type EventLogLogger,
  type EventRecord,
  type PartitionLag,
  type Topic,
} from '../event-log.js';
import { createKafka, withinMs, type KafkaOptions } from './client.js';
import { recordOf } from './message.js';
import { createMissingTopics } from './topics.js';

const SESSION_MS = 10_000;
const HEARTBEAT_MS = 2_000;
const COMMIT_INTERVAL_MS = 5_000;

export interface SessionObserver {
  joined(): void;
  /** Brokers were asked for more, or a batch is done with, well or not. */
  step(): void;
  foreign(count: number): void;
  shrunk(partition: string, isShrunk: boolean): void;
}

/** What is remembered of a partition while this member may read it. */
interface PartitionState {
  backoff: Backoff;
  /** Where it was sent back to. What comes next may still start later: records there are gone, or not for readers. */
  sought: bigint | undefined;
  committedAtMs: number;
  /** The first offset not consumed, undefined until the consumer has said; the partition's end, as last seen. */
  next: bigint | undefined;
  end: bigint;
  atEndMs: number;
}

/** One kafkajs consumer, from its connection to its first crash. */
export class KafkaSession {
  joined = false;
  private closed = false;
  private end: (error?: Error) => void = () => undefined;
  private readonly ended = new Promise<void>((resolve, reject) => {
    this.end = (error) => (error ? reject(error) : resolve());
  });
  private readonly kafka: Kafka;
  private readonly consumer: Consumer;
  private readonly logger: EventLogLogger;
  private readonly partitions = new Map<string, PartitionState>();
  /** What of them is this member's now. */
  private assigned: { topic: Topic; partition: number }[] = [];
  /** Batches being consumed. */
  private underWay = 0;
  private askedAtMs = Date.now();
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(
    options: KafkaOptions & { groupId: string },
    private readonly events: EventConsumer,
    private readonly observer: SessionObserver,
  ) {
    const { groupId, logger } = options;
    this.logger = logger;
    this.kafka = createKafka(options, groupId);
    this.consumer = this.kafka.consumer({
      groupId,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: 200, // a quiet topic must not hold up leaving the group
      allowAutoTopicCreation: false,
      retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
    });
    this.ended.catch(() => undefined);
  }

  /** Resolves after `close`; rejects when Kafka cannot be read any more by this consumer, which is then of no use. */
  async run(): Promise<void> {
    const { consumer } = this;
    consumer.on(consumer.events.FETCH, () => {
      // Brokers go on being asked while a batch of another one hangs.
      if (this.underWay > 0) return;
      this.askedAtMs = Date.now();
      this.observer.step();
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => this.end(payload.error));
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.joined = true;
      this.observer.joined();
      this.assigned = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => ({ topic: topic as Topic, partition })),
      );
      for (const { topic, partition } of this.assigned) void this.place(topic, partition);
    });
    const steps = [
      () => createMissingTopics(this.kafka, this.logger),
      () => consumer.connect(),
      () => consumer.subscribe({ topics: [...topics], fromBeginning: true }),
      () => consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: (batch) => this.take(batch) }),
    ];
    for (const step of steps) {
      if (!this.closed) await step();
    }
    await this.ended;
    if (this.closed) await withinMs(5_000, consumer.disconnect());
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.joined = false;
    for (const timer of this.timers) clearTimeout(timer);
    await withinMs(10_000, this.consumer.disconnect());
    this.end();
  }

  /** Failures in a row of the partition that is worst off. */
  failures(): number {
    return Math.max(0, ...[...this.partitions.values()].map(({ backoff }) => backoff.failures));
  }

  lag(): PartitionLag[] {
    return this.assigned.map(({ topic, partition }) => {
      const state = this.stateOf(topic, partition);
      this.noteEnd(state);
      const records = Math.max(0, Number(state.end - (state.next ?? state.end)));
      return { topic, partition: String(partition), records, atEndMs: state.atEndMs };
    });
  }

  /** Where nothing more is known, there was nothing more when the brokers were asked last. */
  private noteEnd(state: PartitionState): void {
    if (state.next !== undefined && state.next >= state.end) state.atEndMs = this.askedAtMs;
  }

  /**
   * Goes where the consumer wants to read. Kafka's own idea of the place may lie behind the last record, and then no
   * batch would ever come to show that the consumer wants earlier ones.
   */
  private async place(topic: Topic, partition: number): Promise<void> {
    if (this.closed) return;
    const state = this.stateOf(topic, partition);
    try {
      const wanted = await this.events.next(topic, String(partition));
      if (this.closed) return;
      state.sought = wanted;
      state.next = wanted;
      this.consumer.seek({ topic, partition, offset: String(wanted) });
    } catch (error) {
      const waitMs = state.backoff.failed();
      this.logger.error({ err: error, topic, partition, waitMs }, 'it is not known where to read; asked again');
      this.after(waitMs, () => void this.place(topic, partition));
    }
  }

  private after(waitMs: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, waitMs);
    this.timers.add(timer);
  }

  /**
   * A batch as kafkajs gives it. Nothing the consumer throws leaves here: kafkajs would end for good at a TypeError,
   * and hold up every partition at any other.
   */
  private async take(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, pause } = payload;
    const state = this.stateOf(batch.topic, batch.partition);
    state.end = BigInt(batch.highWatermark);
    state.next ??= BigInt(batch.messages[0]?.offset ?? batch.highWatermark);
    this.underWay += 1;
    let lostGroup: unknown;
    const beats = setInterval(() => void heartbeat().catch((error) => (lostGroup = error)), HEARTBEAT_MS);
    try {
      await this.consume(payload, state);
      state.backoff.succeeded();
    } catch (error) {
      const waitMs = state.backoff.failed();
      const { topic, partition } = batch;
      this.logger.error({ err: error, topic, partition, waitMs }, 'a batch was not consumed; it will be read again');
      this.after(waitMs, pause());
    } finally {
      clearInterval(beats);
      this.underWay -= 1;
      this.observer.step();
    }
    // These do belong to kafkajs: it joins the group again.
    if (lostGroup) throw lostGroup;
    await heartbeat();
  }

  private async consume(payload: EachBatchPayload, state: PartitionState): Promise<void> {
    const { batch, isRunning, isStale, resolveOffset } = payload;
    const { partition } = batch;
    const topic = batch.topic as Topic;
    const last = batch.messages.at(-1);
    if (!last) return resolveOffset(batch.lastOffset());

    const wanted = await this.events.next(topic, String(partition));
    const elsewhere = this.whereElse(batch, wanted, state);
    if (elsewhere !== undefined) return this.consumer.seek({ topic, partition, offset: String(elsewhere) });

    for (const records of slices(this.recordsOf(batch.messages, wanted))) {
      if (!isRunning() || isStale()) return;
      await this.events.consume({ topic, partition: String(partition), records });
      resolveOffset(String(records.at(-1)!.offset));
      state.next = records.at(-1)!.offset + 1n;
    }
    resolveOffset(last.offset);
    state.next = BigInt(last.offset) + 1n;
    this.noteEnd(state);
    await this.hint(topic, partition, BigInt(last.offset) + 1n, state);
  }

  /** The offset to go to when this batch is not what the consumer wants next; undefined when it is. */
  private whereElse(batch: EachBatchPayload['batch'], wanted: bigint, state: PartitionState): bigint | undefined {
    const name = `${batch.topic}/${batch.partition}`;
    const end = BigInt(batch.highWatermark);
    this.observer.shrunk(name, wanted > end);
    if (wanted > end) {
      throw new Error(`${name} ends at ${end}, before ${wanted} which is wanted: it was made again or lost records`);
    }
    if (wanted > BigInt(batch.messages.at(-1)!.offset)) return wanted;
    if (wanted < BigInt(batch.messages[0]!.offset) && state.sought !== wanted) {
      state.sought = wanted;
      return wanted;
    }
    return undefined;
  }

  private recordsOf(messages: readonly KafkaMessage[], wanted: bigint): EventRecord[] {
    const records = messages.filter(({ offset }) => BigInt(offset) >= wanted).map(recordOf);
    const known = records.filter((record) => record !== undefined);
    if (known.length < records.length) this.observer.foreign(records.length - known.length);
    return known;
  }

  /** Kafka's idea of the place helps lag monitors and the first fetch; the consumer's own `next` decides. */
  private async hint(topic: string, partition: number, offset: bigint, state: PartitionState): Promise<void> {
    if (Date.now() - state.committedAtMs < COMMIT_INTERVAL_MS) return;
    state.committedAtMs = Date.now();
    await this.consumer
      .commitOffsets([{ topic, partition, offset: String(offset) }])
      .catch((error) => this.logger.debug({ err: error, topic, partition }, 'the place was not told to Kafka'));
  }

  private stateOf(topic: string, partition: number): PartitionState {
    const name = `${topic}/${partition}`;
    let state = this.partitions.get(name);
    if (!state) {
      const { askedAtMs } = this;
      const place = { sought: undefined, next: undefined, end: 0n, atEndMs: askedAtMs };
      state = { backoff: new Backoff(), committedAtMs: 0, ...place };
      this.partitions.set(name, state);
    }
    return state;
  }
}

/** Bounded parts of a batch: Kafka's may be unpacked from something much smaller. */
function* slices(records: readonly EventRecord[]): Generator<EventRecord[]> {
  let slice: EventRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    slice.push(record);
    bytes += record.body.length;
    if (slice.length < BATCH_RECORDS_MAX && bytes < BATCH_BYTES_MAX) continue;
    yield slice;
    slice = [];
    bytes = 0;
  }
  if (slice.length > 0) yield slice;
}
