import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEventLogWriter, SegmentReader, type EventLogWriterOptions } from '../src/index.js';
import { RESTART_GAP } from '../src/segments/topic-writer.js';
import { storeShippedNext } from '../src/segments/shipped-position.js';
import { Collector, temporaryFolder, text, until } from './harness.js';

let folder: ReturnType<typeof temporaryFolder>;
let closing: (() => Promise<void>)[];

beforeEach(() => {
  folder = temporaryFolder();
  closing = [];
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  folder.remove();
});

function write(options: Partial<EventLogWriterOptions> = {}) {
  const writer = openEventLogWriter({ dir: folder.dir, gatewayId: 'gateway-1', fsyncIntervalMs: 20, ...options });
  closing.push(() => writer.close());
  return writer;
}

function read(collector: Collector) {
  const reader = new SegmentReader({ dir: folder.dir, pollMs: 10 });
  closing.push(() => reader.close());
  void reader.run(collector);
  return reader;
}

const topicFolder = () => join(folder.dir, 'gateway-1', 'predictions');
const segments = () => readdirSync(topicFolder()).filter((name) => name.endsWith('.seg'));
const segmentPath = (index: number) => join(topicFolder(), segments().at(index)!);

describe('the segments', () => {
  it('hold a record as soon as append() returns, before any fsync', () => {
    const writer = write({ fsyncIntervalMs: 3_600_000 });
    const empty = statSync(segmentPath(0)).size;
    expect(writer.append('predictions', 'k', text('body'))).toBeGreaterThan(0n);
    expect(readFileSync(segmentPath(0)).subarray(empty).includes('body')).toBe(true);
  });

  it('number each topic strictly upwards, without a gap while the gateway lives', () => {
    const writer = write({ segmentBytesMax: 600 });
    const given = Array.from({ length: 100 }, (_, i) => writer.append('predictions', 'k', text(`body ${i}`))!);
    expect(given.map((sequence) => sequence - given[0]!)).toEqual(given.map((_, i) => BigInt(i)));
    expect(segments()).toEqual(['00000001.seg', '00000002.seg', '00000003.seg', '00000004.seg', '00000005.seg']);
  });

  it('leave a gap at each start, also under a clock that was set back', async () => {
    const first = write({ now: () => 2_000_000_000_000 });
    const before = first.append('predictions', 'k', text('one'))!;
    await first.close();
    const second = write({ now: () => 1_000_000_000_000 });
    expect(second.append('predictions', 'k', text('two'))).toBe(before + 1n + RESTART_GAP);
  });

  it('start above all earlier numbers when the folder was lost', async () => {
    const first = write();
    const before = first.append('predictions', 'k', text('one'))!;
    await first.close();
    rmSync(folder.dir, { recursive: true });
    expect(write().append('predictions', 'k', text('two'))).toBeGreaterThan(before);
  });

  it('keep numbers that JSON can carry', () => {
    expect(write().append('predictions', 'k', text('one'))).toBeLessThan(2n ** 53n);
  });

  it('count a record that is too long as lost, and go on', () => {
    const writer = write();
    expect(writer.append('outcomes', 'k', new Uint8Array(17 * 1024 * 1024))).toBeUndefined();
    expect(writer.append('outcomes', 'k', text('short'))).toBeDefined();
    expect(writer.stats()).toMatchObject({ lostRecords: 1, topics: { outcomes: { records: 1, lostRecords: 1 } } });
  });

  it('lose and count what comes after close()', async () => {
    const writer = write();
    await writer.close();
    expect(writer.append('predictions', 'k', text('late'))).toBeUndefined();
    expect(writer.stats().lostRecords).toBe(1);
  });

  it.each(['', '../elsewhere', 'a/b', '.hidden', 'x'.repeat(65)])('refuse %j as a gateway id', (gatewayId) => {
    expect(() => write({ gatewayId })).toThrow(/GATEWAY_ID/);
  });

  it('are written by one living process a gateway', async () => {
    const first = write();
    expect(() => write()).toThrow(/is written by process \d+ .*GATEWAY_ID/);
    await first.close();
    expect(() => write()).not.toThrow();
  });

  it.each([
    { of: 'a dead process', lock: { pid: 2 ** 22 + 1, id: 'x' } },
    { of: 'an earlier process that had our pid', lock: { pid: process.pid, started: 'boot/1', id: 'x' } },
  ])('take over the lock of $of', ({ lock }) => {
    write({ gatewayId: 'gateway-2' }); // the folder's host name, from a real lock
    const { host } = JSON.parse(readFileSync(join(folder.dir, 'gateway-2', 'lock'), 'utf8')) as { host: string };
    write({ gatewayId: 'gateway-3' });
    rmSync(join(folder.dir, 'gateway-3', 'lock'));
    writeFileSync(join(folder.dir, 'gateway-3', 'lock'), JSON.stringify({ host, started: '', ...lock }));
    expect(() => write({ gatewayId: 'gateway-3' })).not.toThrow();
  });

  it('take over a lock that a power cut left empty', async () => {
    await write().close();
    writeFileSync(join(folder.dir, 'gateway-1', 'lock'), '');
    expect(() => write()).not.toThrow();
  });

  it('are deleted by size, and a reader that is late counts what it missed', async () => {
    const writer = write({ segmentBytesMax: 1_000, retentionBytesMax: 3_000 });
    for (let i = 0; i < 200; i++) writer.append('predictions', 'k', text(`body ${i}`));
    await until(() => writer.stats().topics.predictions.deletedSegments > 0);
    const collector = new Collector();
    const reader = read(collector);
    await until(() => collector.bodies().at(-1) === 'body 199');
    expect(collector.bodies().length).toBeLessThan(200);
    expect(reader.stats().find(({ topic }) => topic === 'predictions')?.tail.missedRanges).toBe(1);
    expect(writer.stats().deletedUnshippedRecords).toBe(0); // nothing ships here
  });

  it('stay while Kafka does not have them, up to the hard limit', async () => {
    const limits = { segmentBytesMax: 1_000, retentionBytesMax: 2_000, retentionHardBytesMax: 4_000 };
    await write().close();
    await storeShippedNext(topicFolder(), 0n);
    const writer = write(limits);
    for (let i = 0; i < 200; i++) writer.append('predictions', 'k', text(`body ${i}`));
    await until(() => writer.stats().deletedUnshippedRecords > 0);
    const size = segments().reduce((sum, name) => sum + statSync(join(topicFolder(), name)).size, 0);
    expect(size).toBeGreaterThan(2_000);
    expect(size).toBeLessThanOrEqual(4_000);
  });
});

describe('a reader of segments', () => {
  it('goes past a torn end once a newer segment is there, not before', async () => {
    const first = write();
    first.append('predictions', 'k', text('one'));
    first.append('predictions', 'k', text('torn'));
    await first.close();
    truncateSync(segmentPath(0), statSync(segmentPath(0)).size - 3);
    const collector = new Collector();
    const reader = read(collector);
    await until(() => collector.records.length === 1);
    write().append('predictions', 'k', text('two'));
    await until(() => collector.records.length === 2);
    expect(collector.bodies()).toEqual(['one', 'two']);
    expect(reader.stats().find(({ topic }) => topic === 'predictions')?.tail).toMatchObject({ tornSegments: 1 });
  });

  it('gives nothing after a damaged record of a segment, and says that records are missing', async () => {
    const first = write();
    for (const word of ['one', 'damaged', 'three']) first.append('predictions', 'k', text(word));
    await first.close();
    const bytes = readFileSync(segmentPath(0));
    bytes[bytes.indexOf('damaged')]! ^= 1;
    writeFileSync(segmentPath(0), bytes);
    write().append('predictions', 'k', text('four'));
    const collector = new Collector();
    const reader = read(collector);
    await until(() => collector.records.length === 2);
    expect(collector.bodies()).toEqual(['one', 'four']);
    expect(reader.stats().find(({ topic }) => topic === 'predictions')?.tail.tornBytes).toBeGreaterThan(30);
  });

  it('waits for the rest of a record that is half written', async () => {
    const writer = write();
    writer.append('predictions', 'k', text('whole'));
    await writer.close();
    const bytes = readFileSync(segmentPath(0));
    truncateSync(segmentPath(0), bytes.length - 5);
    const collector = new Collector();
    const reader = read(collector);
    await until(() => reader.stats().length > 0);
    expect(collector.records).toHaveLength(0);
    appendFileSync(segmentPath(0), bytes.subarray(bytes.length - 5));
    await until(() => collector.records.length === 1);
    expect(collector.bodies()).toEqual(['whole']);
  });

  it('finds gateways that start later, and a folder that was lost and made again', async () => {
    const collector = new Collector();
    read(collector);
    const first = write();
    first.append('predictions', 'k', text('one'));
    await until(() => collector.records.length === 1);
    await first.close();
    rmSync(join(folder.dir, 'gateway-1'), { recursive: true });
    write().append('predictions', 'k', text('two'));
    write({ gatewayId: 'gateway-2' }).append('outcomes', 'k', text('three'));
    await until(() => collector.records.length === 3);
    expect(collector.records.map(({ partition }) => partition).sort()).toEqual(['gateway-1', 'gateway-1', 'gateway-2']);
  });

  it('gives at most 1,000 records at a time, and records longer than a chunk', async () => {
    const writer = write();
    for (let i = 0; i < 2_500; i++) writer.append('predictions', 'k', text(String(i)));
    writer.append('predictions', 'k', new Uint8Array(3_000_000).fill(65));
    const collector = new Collector();
    read(collector);
    await until(() => collector.records.length === 2_501);
    expect(collector.batches.map(({ size }) => size)).toEqual([1_000, 1_000, 500, 1]);
    expect(collector.bodies().at(-1)).toBe('A'.repeat(3_000_000));
  });
});
