import { writeSync } from 'node:fs';
import { openEventLogWriter } from '../src/index.js';

/** Appends until the first record is lost, then until one is kept again, and says so. The parent moves the limit. */
const [, , dir] = process.argv;
const writer = openEventLogWriter({ dir: dir!, gatewayId: 'gateway-1', fsyncIntervalMs: 20 });
const bodies = { lost: Buffer.alloc(1_000, 'x'), kept: Buffer.from('short: what is torn of a long one would show') };
let kept = 0;

function appendUntil(wanted: 'lost' | 'kept'): void {
  const isKept = writer.append('predictions', 'unit', bodies[wanted]) !== undefined;
  if (isKept) kept += 1;
  if (isKept === (wanted === 'lost')) return void setTimeout(() => appendUntil(wanted), 1);
  writeSync(1, `${wanted}\n`);
  if (wanted === 'lost') return appendUntil('kept');
  void writer.close().then(() => writeSync(1, `${JSON.stringify({ kept, lost: writer.stats().lostRecords })}\n`));
}
appendUntil('lost');
