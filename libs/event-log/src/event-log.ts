/** The two streams of the log. A third, `dead-letters`, exists in Kafka only. */
export const topics = ['predictions', 'outcomes'] as const;
export type Topic = (typeof topics)[number];

/** One record as it was appended. (gatewayId, topic, sequence) is its identity, whatever carried it here. */
export interface EventRecord {
  /** Place in the partition: the sequence itself in segments, Kafka's offset in Kafka. Grows, with gaps. */
  offset: bigint;
  gatewayId: string;
  /** Strictly increasing per (gatewayId, topic). Gaps say nothing: each start of a gateway leaves one. */
  sequence: bigint;
  /** The sticky unit; equal keys share a Kafka partition. */
  key: string;
  /** A `Prediction` or an `Outcome` as protobuf bytes. */
  body: Uint8Array;
}

/** Neighbouring records of one partition in offset order: never empty, at most 1,000 records and about 4 MiB. */
export interface EventBatch {
  topic: Topic;
  /** The gateway's id in segments; the partition's number in Kafka. */
  partition: string;
  records: EventRecord[];
}

/** Who reads the log. It keeps its own place, so that its place and its work can be stored in one transaction. */
export interface EventConsumer {
  /** The first offset still wanted; 0n before anything was consumed. */
  next(topic: Topic, partition: string): Promise<bigint>;
  /**
   * Takes a batch; the next one of the partition comes after it resolves. A batch may repeat records at or after
   * `next` that were already given: drop offsets below `next` and sequences already seen. When it rejects, the
   * partition waits and is read again from `next`, for ever, while other partitions go on.
   */
  consume(batch: EventBatch): Promise<void>;
}

/** How far a reader is behind the end of a partition. */
export interface PartitionLag {
  topic: Topic;
  partition: string;
  /** Not consumed yet: as Kafka counts them; in segments, what the unread bytes come to at the length of those read. */
  records: number;
  /** When the reader last stood at the end, in milliseconds since the epoch: nothing it has not consumed is older. */
  atEndMs: number;
}

export abstract class EventLogReader {
  /** Reads until `close`; then resolves. Troubles of the log itself are logged and retried, never thrown. */
  abstract run(consumer: EventConsumer): Promise<void>;
  /** Of every partition it reads now. */
  abstract lag(): Promise<PartitionLag[]>;
  /** Ends `run` after the batch under way. */
  abstract close(): Promise<void>;
}

/** Where the log's own troubles are told; pino's Logger fits. */
export interface EventLogLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silent: EventLogLogger = { debug() {}, info() {}, warn() {}, error() {} };

/** How many records, and about how many bytes of them, travel together. */
export const BATCH_RECORDS_MAX = 1_000;
export const BATCH_BYTES_MAX = 4 * 1024 * 1024;
