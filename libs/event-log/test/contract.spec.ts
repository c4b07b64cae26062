import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describeWith } from '../../../tools/real-part.mjs';
import {
  KafkaReader,
  openEventLogWriter,
  SegmentReader,
  startKafkaShipper,
  type EventBatch,
  type EventLogLogger,
  type EventLogReader,
} from '../src/index.js';
import { Collector, temporaryFolder, text, until } from './harness.js';

jest.setTimeout(120_000);

/** What carries records from the folder of a gateway to a reader. */
interface Carrier {
  reader(): EventLogReader;
  stop(): Promise<void>;
}

const quiet: EventLogLogger = { debug() {}, info() {}, warn() {}, error() {} };

const segments = (dir: string): Carrier => ({
  reader: () => new SegmentReader({ dir, pollMs: 10 }),
  stop: async () => undefined,
});

function kafka(dir: string, gatewayIds: string[]): Carrier {
  const brokers = process.env.KAFKA_BROKERS!.split(',');
  const groupId = `event-log-${randomUUID()}`;
  const shippers = gatewayIds.map((gatewayId) =>
    startKafkaShipper({ dir, gatewayId, brokers, logger: quiet, pollMs: 20 }),
  );
  return {
    reader: () => new KafkaReader({ brokers, groupId, logger: quiet }),
    stop: async () => void (await Promise.all(shippers.map((shipper) => shipper.close()))),
  };
}

describe('the event log over segments', () => contract(segments));
describeWith('Kafka', 'KAFKA_BROKERS', 'the event log over Kafka', () => contract(kafka));

/** What every way from a gateway to a consumer has to keep. */
function contract(carry: (dir: string, gatewayIds: string[]) => Carrier): void {
  let dir: string;
  let gatewayId: string;
  let closing: (() => unknown)[];

  beforeEach(() => {
    const folder = temporaryFolder();
    dir = folder.dir;
    gatewayId = `gateway-${randomUUID()}`;
    closing = [folder.remove];
  });
  afterEach(async () => {
    for (const close of closing.reverse()) await close();
  });

  /** Of this test's gateways only: a broker may carry the records of others. */
  const collect = (refuse?: (batch: EventBatch) => void) => new Collector(refuse, (id) => id.startsWith(gatewayId));

  function start(carrier: Carrier, collector: Collector): EventLogReader {
    const reader = carrier.reader();
    closing.push(() => reader.close());
    void reader.run(collector);
    return reader;
  }

  function open(id = gatewayId) {
    const writer = openEventLogWriter({ dir, gatewayId: id, fsyncIntervalMs: 20 });
    closing.push(() => writer.close());
    return writer;
  }

  function carrierOf(...gatewayIds: string[]): Carrier {
    const carrier = carry(dir, gatewayIds);
    closing.push(() => carrier.stop());
    return carrier;
  }

  it('gives out what was put in: both topics, keys of any script, bodies of any length', async () => {
    const writer = open();
    const appended = [
      { topic: 'predictions', key: 'customer-1', body: text('one') },
      { topic: 'outcomes', key: 'Kundin Ä, 顧客', body: text('two') },
      { topic: 'predictions', key: '', body: new Uint8Array(0) },
      { topic: 'predictions', key: 'customer-1', body: new Uint8Array(300_000).fill(7) },
    ] as const;
    const sequences = appended.map(({ topic, key, body }) => writer.append(topic, key, body));
    const collector = collect();
    start(carrierOf(gatewayId), collector);
    await until(() => collector.records.length === appended.length);
    for (const [i, { topic, key, body }] of appended.entries()) {
      const found = collector.records.find((record) => record.topic === topic && record.sequence === sequences[i])!;
      expect({ key: found.key, gatewayId: found.gatewayId }).toEqual({ key, gatewayId });
      expect(Buffer.compare(found.body, body)).toBe(0);
    }
  });

  it('keeps the order of a key, and the offsets of a partition grow', async () => {
    const writer = open();
    const collector = collect();
    start(carrierOf(gatewayId), collector);
    for (let i = 0; i < 5_000; i++) writer.append('predictions', `unit-${i % 50}`, text(String(i)));
    await until(() => collector.records.length === 5_000);
    for (const group of groups(collector, ({ key }) => key)) {
      const numbers = group.map(({ body }) => Number(Buffer.from(body)));
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      expect(new Set(group.map(({ partition }) => partition)).size).toBe(1);
    }
    for (const group of groups(collector, ({ partition }) => partition)) {
      const offsets = group.map(({ offset }) => offset);
      expect(offsets).toEqual(offsets.toSorted((a, b) => (a < b ? -1 : 1)));
    }
    expect(Math.max(...collector.batches.map(({ size }) => size))).toBeLessThanOrEqual(1_000);
  });

  it('goes on where the consumer was, after a restart of gateway and reader', async () => {
    const carrier = carrierOf(gatewayId);
    const collector = collect();
    const writer = open();
    for (let i = 0; i < 10; i++) writer.append('predictions', `unit-${i}`, text(`first ${i}`));
    const reader = start(carrier, collector);
    await until(() => collector.records.length === 10);
    await reader.close();
    await writer.close();
    const second = open();
    for (let i = 0; i < 10; i++) second.append('predictions', `unit-${i}`, text(`second ${i}`));
    start(carrier, collector);
    await until(() => collector.records.length === 20);
    expect(new Set(collector.bodies()).size).toBe(20);
  });

  it('gives everything again to a consumer that starts anew, whatever the one before had read', async () => {
    const carrier = carrierOf(gatewayId);
    const writer = open();
    for (let i = 0; i < 100; i++) writer.append('predictions', `unit-${i}`, text(String(i)));
    const first = collect();
    const reader = start(carrier, first);
    await until(() => first.records.length === 100);
    await reader.close();
    const second = collect();
    start(carrier, second);
    await until(() => second.records.length === 100);
    expect(second.bodies().sort()).toEqual(first.bodies().sort());
  });

  it('gives a batch again that the consumer could not take, while other partitions go on', async () => {
    const other = `${gatewayId}-b`;
    let refusals = 0;
    let othersAtRefusal = 0;
    const collector: Collector = collect(({ records }) => {
      if (!records.some(({ body }) => Buffer.from(body).equals(text('poison'))) || refusals === 3) return;
      refusals += 1;
      othersAtRefusal = collector.bodies('outcomes').length;
      throw [new TypeError('x is not a function'), new Error('the database is away'), new RangeError('out')][
        refusals - 1
      ];
    });
    start(carrierOf(gatewayId, other), collector);
    const writer = open();
    for (const body of ['before', 'poison', 'after']) writer.append('predictions', 'one unit', text(body));
    open(other).append('outcomes', 'another unit', text('elsewhere'));
    await until(() => collector.records.length === 4);
    expect(collector.bodies()).toEqual(['before', 'poison', 'after']);
    expect({ refusals, othersAtRefusal }).toEqual({ refusals: 3, othersAtRefusal: 1 });
  });

  it('says how far behind the consumer is while it takes nothing, and that it stands at the end when it has', async () => {
    let refused: string | undefined;
    let isAway = true;
    const collector = collect(({ topic, partition, records }) => {
      if (!isAway || topic !== 'predictions' || !records.some((record) => record.gatewayId === gatewayId)) return;
      refused = partition;
      throw new Error('the database is away');
    });
    const writer = open();
    for (let i = 0; i < 200; i++) writer.append('predictions', 'one unit', text(`row ${i}`));
    const reader = start(carrierOf(gatewayId), collector);
    const lagged = async () => {
      const lag = await reader.lag();
      return lag.find(({ topic, partition }) => topic === 'predictions' && partition === refused);
    };
    let behind = await lagged();
    for (; (behind?.records ?? 0) < 200; behind = await lagged()) await sleep(20);
    const { atEndMs } = behind!;
    await sleep(50);
    expect((await lagged())!.atEndMs).toBe(atEndMs);
    isAway = false;
    await until(() => collector.records.length === 200);
    for (let now = behind!; now.records > 0 || now.atEndMs <= atEndMs; now = (await lagged())!) await sleep(20);
  });

  it('loses nothing that append() returned, and counts nothing twice, when the gateway is killed while it writes', async () => {
    const collector = collect();
    start(carrierOf(gatewayId), collector);
    const acknowledged: string[] = [];
    for (const round of ['a', 'b', 'c']) {
      const path = fileURLToPath(new URL('../dist/test/writer-process.js', import.meta.url));
      const writer = spawn(process.execPath, [path, dir, gatewayId, round], { stdio: ['ignore', 'pipe', 'inherit'] });
      closing.push(() => writer.kill('SIGKILL'));
      const before = acknowledged.length;
      createInterface(writer.stdout).on('line', (line) => {
        acknowledged.push(line);
        if (acknowledged.length === before + 1_234) writer.kill('SIGKILL');
      });
      await once(writer, 'close');
    }
    const writer = open(); // opens the segment after the torn one
    writer.append('predictions', 'unit', text('last'));
    await until(() => acknowledged.every((body) => collector.has(body)) && collector.has('last'));
    const bodies = collector.bodies();
    expect(new Set(bodies).size).toBe(bodies.length);
    // Between write() and the word about it, the kill may have come: at most one record a round.
    expect(bodies.length - acknowledged.length - 1).toBeLessThanOrEqual(3);
  });
}

type Collected = Collector['records'][number];

function groups({ records }: Collector, by: (record: Collected) => string): Collected[][] {
  return [...new Set(records.map(by))].map((name) => records.filter((record) => by(record) === name));
}
