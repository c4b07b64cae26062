import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openEventLogWriter, SegmentReader } from '../src/index.js';
import { Collector, temporaryFolder, until } from './harness.js';

jest.setTimeout(60_000);

/** The system's own limit on the length of files refuses a write in the middle of a record, as a full disk does. */
const canLimit = process.platform === 'linux';

let folder: ReturnType<typeof temporaryFolder>;
let closing: (() => unknown)[];
beforeEach(() => {
  folder = temporaryFolder();
  closing = [folder.remove];
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

(canLimit ? describe : describe.skip)('a disk that is full', () => {
  it('loses records that are counted, and takes them again when there is room, with nothing torn in between', async () => {
    const script = fileURLToPath(new URL('../dist/test/full-disk-process.js', import.meta.url));
    const command = `ulimit -S -f 100; exec "$0" "$1" "$2"`; // in blocks of 512 or 1,024 bytes, as the shell has it
    const writer = spawn('sh', ['-c', command, process.execPath, script, folder.dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    closing.push(() => writer.kill('SIGKILL'));
    const lines: string[] = [];
    createInterface(writer.stdout).on('line', (line) => {
      lines.push(line);
      if (line === 'lost') execFileSync('prlimit', ['--pid', String(writer.pid), '--fsize=unlimited']);
    });
    await until(() => lines.length === 3 || writer.exitCode !== null);
    const { kept, lost } = JSON.parse(lines[2]!) as { kept: number; lost: number };
    expect(lost).toBeGreaterThan(0);
    expect(kept).toBeGreaterThan(40);

    const collector = new Collector();
    const reader = new SegmentReader({ dir: folder.dir, pollMs: 10 });
    closing.push(() => reader.close());
    void reader.run(collector);
    await until(() => collector.records.length === kept);
    // A newer segment makes the reader look at how the one before ends.
    const next = openEventLogWriter({ dir: folder.dir, gatewayId: 'gateway-1' });
    next.append('predictions', 'unit', Buffer.from('next'));
    await until(() => collector.records.length === kept + 1);
    await next.close();
    expect(reader.stats().find(({ topic }) => topic === 'predictions')?.tail.tornSegments).toBe(0);
    expect(collector.bodies().slice(0, kept - 1)).toEqual(Array.from({ length: kept - 1 }, () => 'x'.repeat(1_000)));
  });
});
