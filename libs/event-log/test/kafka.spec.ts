import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { describeWith } from '../../../tools/real-part.mjs';
import { KafkaReader, openEventLogWriter, startKafkaShipper, type EventLogLogger } from '../src/index.js';
import { Collector, temporaryFolder, text, until } from './harness.js';

jest.setTimeout(120_000);

const quiet: EventLogLogger = { debug() {}, info() {}, warn() {}, error() {} };
const brokers = (process.env.KAFKA_BROKERS ?? '').split(',');

describeWith('Kafka', 'KAFKA_BROKERS', 'Kafka behind the event log', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let gatewayId: string;
  let closing: (() => unknown)[];
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });

  beforeEach(() => {
    folder = temporaryFolder();
    gatewayId = `gateway-${randomUUID()}`;
    closing = [folder.remove];
  });
  afterEach(async () => {
    for (const close of closing.reverse()) await close();
  });

  const collect = () => new Collector(undefined, (id) => id === gatewayId);

  function ship() {
    const options = { dir: folder.dir, gatewayId, brokers, logger: quiet, pollMs: 20 };
    const shipper = startKafkaShipper(options);
    closing.push(() => shipper.close());
    return shipper;
  }

  function open() {
    const writer = openEventLogWriter({ dir: folder.dir, gatewayId, fsyncIntervalMs: 20 });
    closing.push(() => writer.close());
    return writer;
  }

  function read(collector: Collector, groupId = `event-log-${randomUUID()}`) {
    const reader = new KafkaReader({ brokers, groupId, logger: quiet });
    closing.push(() => reader.close());
    void reader.run(collector);
    return reader;
  }

  it('makes the topics as the design says', async () => {
    const shipper = ship();
    open().append('predictions', 'unit', text('one'));
    await until(() => shipper.stats().predictions.shippedRecords === 1);
    const admin = kafka.admin();
    await admin.connect();
    closing.push(() => admin.disconnect());
    const { topics } = await admin.fetchTopicMetadata({ topics: ['predictions', 'outcomes', 'dead-letters'] });
    expect(topics.map(({ name, partitions }) => [name, partitions.length])).toEqual(
      expect.arrayContaining([
        ['predictions', 12],
        ['outcomes', 12],
        ['dead-letters', 1],
      ]),
    );
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: 'predictions', configNames: ['message.timestamp.type'] }],
    });
    expect(resources[0]!.configEntries[0]!.configValue).toBe('LogAppendTime');
  });

  it('carries the identity of a record as headers, and as a CloudEvent', async () => {
    const consumer = kafka.consumer({ groupId: randomUUID() });
    const seen: Record<string, string | undefined>[] = [];
    await consumer.connect();
    closing.push(() => consumer.disconnect());
    await consumer.subscribe({ topics: ['outcomes'], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message: { headers, key } }) => {
        if (headers?.gatewayid?.toString() !== gatewayId) return;
        const texts = Object.entries(headers).map(([name, value]) => [name, value?.toString()]);
        seen.push({ key: key?.toString(), ...Object.fromEntries(texts) });
      },
    });
    ship();
    const sequence = open().append('outcomes', 'customer-7', text('bought'));
    await until(() => seen.length === 1);
    expect(seen[0]).toEqual({
      key: 'customer-7',
      gatewayid: gatewayId,
      sequence: String(sequence),
      ce_specversion: '1.0',
      ce_id: `outcomes-${sequence}`,
      ce_source: `/gateways/${gatewayId}`,
      ce_type: 'vinaigrette.events.v1.Outcome',
      'content-type': 'application/protobuf',
    });
  });

  it('keeps nothing back for a record it refuses: that one becomes a dead letter', async () => {
    const shipper = ship();
    const writer = open();
    const collector = collect();
    read(collector);
    writer.append('predictions', 'unit', text('before'));
    // Chance does not compress: above the broker's limit of 1 MiB.
    const sequence = writer.append(
      'predictions',
      'unit',
      Buffer.from(Array.from({ length: 2e6 }, () => Math.random() * 256)),
    );
    writer.append('predictions', 'unit', text('after'));
    await until(() => collector.records.length === 2);
    expect(collector.bodies()).toEqual(['before', 'after']);
    expect(shipper.stats().predictions).toMatchObject({ shippedRecords: 2, deadLetters: 1, failures: 0 });
    const letters = await deadLetters(String(sequence));
    expect(letters).toEqual([{ topic: 'predictions', refusal: 'MESSAGE_TOO_LARGE', bytes: 2_000_000 }]);
  });

  it('skips and counts what no gateway has written', async () => {
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    closing.push(() => producer.disconnect());
    const strangers = [
      { value: 'hello' },
      { value: null },
      { value: 'x', headers: { gatewayid: '../x', sequence: '1' } },
    ];
    await producer.send({ topic: 'outcomes', messages: strangers.map((message) => ({ key: 'unit', ...message })) });
    ship();
    open().append('outcomes', 'unit', text('ours'));
    const collector = collect();
    const reader = read(collector);
    await until(() => collector.records.length === 1);
    expect(reader.stats().foreignMessages).toBeGreaterThanOrEqual(3);
  });

  it('shares the partitions in a group, and a member that goes leaves nothing unread', async () => {
    const groupId = `event-log-${randomUUID()}`;
    const collector = collect(); // one place for both, as one database is
    ship();
    const writer = open();
    const first = read(collector, groupId);
    await until(() => first.stats().consuming);
    const second = read(collector, groupId);
    await until(() => second.stats().consuming);
    let i = 0;
    const append = (count: number) => {
      for (const end = i + count; i < end; i++) writer.append('predictions', `unit-${i % 100}`, text(String(i)));
    };
    append(500);
    await until(() => collector.records.length === 500);
    append(250);
    await first.close();
    append(250);
    await until(() => collector.records.length === 1_000);
    expect(new Set(collector.bodies()).size).toBe(1_000);
  });

  it('reads where the consumer wants, also when the group was told that all is read', async () => {
    const shipper = ship();
    open().append('predictions', 'unit', text('one'));
    await until(() => shipper.stats().predictions.shippedRecords === 1);
    const groupId = `event-log-${randomUUID()}`;
    const admin = kafka.admin();
    await admin.connect();
    closing.push(() => admin.disconnect());
    const ends = await admin.fetchTopicOffsets('predictions');
    const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }));
    await admin.setOffsets({ groupId, topic: 'predictions', partitions });
    const collector = collect();
    read(collector, groupId);
    await until(() => collector.records.length === 1);
  });

  it('says so when the topic ends before what the consumer wants', async () => {
    ship();
    open().append('predictions', 'unit', text('one'));
    const collector = collect();
    jest.spyOn(collector, 'next').mockImplementation(async (topic) => (topic === 'predictions' ? 10n ** 12n : 0n));
    const reader = read(collector);
    await until(() => reader.stats().shrunkPartitions.length > 0);
    expect(reader.stats().failures).toBeGreaterThan(0);
    expect(collector.records).toHaveLength(0);
  });

  it('does not keep a process from ending while it is away', async () => {
    const away = ['127.0.0.1:1'];
    const shipper = startKafkaShipper({ dir: folder.dir, gatewayId, brokers: away, logger: quiet });
    const reader = new KafkaReader({ brokers: away, groupId: 'nobody', logger: quiet });
    const running = reader.run(collect());
    open().append('predictions', 'unit', text('waits'));
    await until(() => shipper.stats().predictions.failures > 0 && reader.stats().failures > 0);
    await Promise.all([shipper.close(), reader.close(), running]);
    expect(shipper.stats().predictions).toMatchObject({ shippedRecords: 0, next: 0n });
  });

  /** What the dead letters say of one record. */
  async function deadLetters(sequence: string): Promise<{ topic?: string; refusal?: string; bytes?: number }[]> {
    const consumer = kafka.consumer({ groupId: randomUUID() });
    const found: { topic?: string; refusal?: string; bytes?: number }[] = [];
    await consumer.connect();
    closing.push(() => consumer.disconnect());
    await consumer.subscribe({ topics: ['dead-letters'], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message: { headers, value } }) => {
        if (headers?.sequence?.toString() !== sequence || headers.gatewayid?.toString() !== gatewayId) return;
        const { topic, refusal } = headers;
        found.push({ topic: topic?.toString(), refusal: refusal?.toString(), bytes: value?.length });
      },
    });
    await until(() => found.length > 0);
    return found;
  }
});
