import { CompressionTypes, Partitioners, type Kafka, type Producer } from 'kafkajs';
import type { EventLogLogger, EventRecord, Topic } from '../event-log.js';
import { createKafka, withinMs, type KafkaOptions } from './client.js';
import { messageOf } from './message.js';
import { createMissingTopics, DEAD_LETTERS } from './topics.js';

/** Answers that speak of the record, not of the moment: sending it again would not help. */
const refusals = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'];

/**
 * One connection that sends one batch at a time. After any failure it is thrown away with all it knew of the cluster,
 * and the next attempt starts with a new one: kafkajs may otherwise skip, on its own retry, a partition that has moved
 * to a broker that had already answered.
 */
export class KafkaSender {
  private kafka: Kafka | undefined;
  private producer: Producer | undefined;

  constructor(
    private readonly options: KafkaOptions,
    private readonly clientId: string,
    private readonly logger: EventLogLogger,
  ) {}

  /**
   * Resolves when every in-sync replica has the records, with how many of them were dead-lettered. Rejects when it is
   * not known whether Kafka has them: send all of them again.
   */
  async send(topic: Topic, records: readonly EventRecord[]): Promise<number> {
    try {
      const producer = await this.connected();
      const messages = records.map((record) => messageOf(topic, record));
      await producer.send({ topic, acks: -1, compression: CompressionTypes.GZIP, messages });
      return 0;
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) {
        await this.close();
        throw error;
      }
      if (records.length === 1) return this.bury(topic, records[0]!, refusal);
      // Some record is refused, and its batch with it: halves find it, in order.
      const middle = records.length >> 1;
      const first = await this.send(topic, records.slice(0, middle));
      return first + (await this.send(topic, records.slice(middle)));
    }
  }

  async close(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    this.kafka = undefined;
    if (producer) await withinMs(5_000, producer.disconnect());
  }

  private async connected(): Promise<Producer> {
    if (this.producer) return this.producer;
    this.kafka = createKafka(this.options, this.clientId);
    await createMissingTopics(this.kafka, this.logger);
    this.producer = this.kafka.producer({
      // Its own retries are off, and so is its idempotence, which ends with the session: see the class's comment.
      retry: { retries: 0 },
      idempotent: false,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await this.producer.connect();
    return this.producer;
  }

  private async bury(topic: Topic, record: EventRecord, refusal: string): Promise<number> {
    const message = messageOf(topic, record);
    const headers = { ...message.headers, topic, refusal, bodybytes: String(record.body.length) };
    const letter = { topic: DEAD_LETTERS, acks: -1, compression: CompressionTypes.GZIP };
    const where = { topic, gatewayId: record.gatewayId, sequence: String(record.sequence), refusal };
    this.logger.error({ ...where, bytes: record.body.length }, 'Kafka refuses a record; it goes to the dead letters');
    try {
      const producer = await this.connected();
      try {
        await producer.send({ ...letter, messages: [{ ...message, headers }] });
      } catch (error) {
        if (!refusalOf(error)) throw error;
        await producer.send({ ...letter, messages: [{ headers, key: null, value: null }] });
      }
      return 1;
    } catch (error) {
      await this.close();
      throw error;
    }
  }
}

/** The broker's word for a record it will never take; undefined for any other failure. */
function refusalOf(error: unknown): string | undefined {
  for (
    let cause = error as { type?: string; cause?: unknown } | undefined;
    cause;
    cause = cause.cause as typeof cause
  ) {
    if (cause.type !== undefined && refusals.includes(cause.type)) return cause.type;
  }
  return undefined;
}
