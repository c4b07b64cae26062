import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  KafkaReader,
  openEventLogWriter,
  startKafkaShipper,
  type EventBatch,
  type EventConsumer,
  type EventLogLogger,
} from '@vinaigrette/event-log';
import { describeWith } from '../../tools/real-part.mjs';
import { startKafka, stopKafka } from './kafka.mjs';

jest.setTimeout(300_000);

const quiet: EventLogLogger = { debug() {}, info() {}, warn() {}, error() {} };

/** Counts as the drift monitor does: its own place, and a sequence once for each partition. */
class Counter implements EventConsumer {
  readonly counted: string[] = [];
  private readonly nexts = new Map<string, bigint>();
  private readonly seen = new Map<string, bigint>();

  async next(topic: string, partition: string): Promise<bigint> {
    return this.nexts.get(`${topic}/${partition}`) ?? 0n;
  }

  async consume({ topic, partition, records }: EventBatch): Promise<void> {
    const place = `${topic}/${partition}`;
    for (const { offset, gatewayId, sequence, body } of records) {
      if (offset < (await this.next(topic, partition))) continue;
      this.nexts.set(place, offset + 1n);
      if (sequence <= (this.seen.get(`${place}/${gatewayId}`) ?? -1n)) continue;
      this.seen.set(`${place}/${gatewayId}`, sequence);
      this.counted.push(Buffer.from(body).toString());
    }
  }
}

describeWith('Kafka', 'KAFKA_BROKERS', 'a Kafka broker that is killed', () => {
  let dir: string;
  const closing: (() => unknown)[] = [];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'vinaigrette-kafka-killed-'));
    closing.push(() => rmSync(dir, { recursive: true, force: true }));
  });
  afterEach(async () => {
    while (closing.length > 0) await closing.pop()!();
  });

  it('holds up no record, and afterwards none is missing and none is counted twice', async () => {
    const brokerDir = join(dir, 'kafka');
    closing.push(() => stopKafka({ dir: brokerDir }));
    const broker = await startKafka({ dir: brokerDir, own: true });
    const brokers = [broker.brokers];

    const log = { dir: join(dir, 'event-log'), gatewayId: 'gateway-1' };
    const writer = openEventLogWriter(log);
    closing.push(() => writer.close());
    const shipper = startKafkaShipper({ ...log, brokers, logger: quiet, pollMs: 10 });
    closing.push(() => shipper.close());
    const counter = new Counter();
    const reader = new KafkaReader({ brokers, groupId: 'counters', logger: quiet });
    closing.push(() => reader.close());
    void reader.run(counter);

    const written: string[] = [];
    const timer = setInterval(() => {
      for (let i = 0; i < 5; i++) {
        const body = String(written.length);
        const sequence = writer.append('predictions', `unit-${written.length % 30}`, Buffer.from(body));
        if (sequence !== undefined) written.push(body);
      }
    }, 10);
    closing.push(() => clearInterval(timer));

    for (const downMs of [0, 1_000]) {
      const before = counter.counted.length;
      while (counter.counted.length < before + 500) await sleep(20);
      await (await startKafka({ dir: brokerDir, own: true })).kill();
      const writtenBefore = written.length;
      await sleep(downMs);
      await startKafka({ dir: brokerDir, own: true });
      expect(written.length).toBeGreaterThan(writtenBefore); // the writer never waited for it
    }
    clearInterval(timer);
    while (counter.counted.length < written.length) await sleep(20);
    await sleep(500); // time for one too many to come

    expect(new Set(counter.counted).size).toBe(written.length);
    expect(counter.counted).toHaveLength(written.length);
    expect(writer.stats().lostRecords).toBe(0);
  });
});
