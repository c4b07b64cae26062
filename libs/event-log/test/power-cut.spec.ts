import { describe, expect, it, jest } from '@jest/globals';
import { cpSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { openEventLogWriter, readSegments, type EventRecord } from '../src/index.js';
import { HEADER_BYTES } from '../src/segments/segment-files.js';
import { temporaryFolder } from './harness.js';

jest.setTimeout(120_000);

const id = 'gateway-1';

async function readAll(dir: string): Promise<EventRecord[]> {
  const all: EventRecord[] = [];
  for await (const record of readSegments(dir)) all.push(record);
  return all;
}

const bodyOf = ({ body }: EventRecord): string => Buffer.from(body).toString('hex');

describe('the segments, whatever is written and wherever the disk stops', () => {
  it('give back the whole of what a log of any bodies and any segment size was given', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 60 }),
        fc.integer({ min: 30, max: 2_000 }),
        async (bodies, segmentBytesMax) => {
          const { dir, remove } = temporaryFolder();
          const writer = openEventLogWriter({ dir, gatewayId: id, segmentBytesMax });
          const sequences = bodies.map((body) => writer.append('predictions', 'unit', body));
          const found = await readAll(dir); // while it is still open
          await writer.close();
          remove();
          expect(found.map(({ sequence }) => sequence)).toEqual(sequences);
          expect(found.map(bodyOf)).toEqual(bodies.map((body) => Buffer.from(body).toString('hex')));
        },
      ),
      { numRuns: 50 },
    ));

  it('give a beginning of it after a power cut, then what comes after, under numbers never given before', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 100 }), { minLength: 1, maxLength: 20 }),
        fc.nat(),
        async (bodies, where) => {
          const { dir, remove } = temporaryFolder();
          const frozen = () => 1_700_000_000_000; // not even time has passed
          const writer = openEventLogWriter({ dir: join(dir, 'before'), gatewayId: id, now: frozen });
          const given = bodies.map((body) => writer.append('predictions', 'unit', body)!);
          await writer.close();

          cpSync(join(dir, 'before'), join(dir, 'after'), { recursive: true });
          const folder = join(dir, 'after', id, 'predictions');
          const segment = join(
            folder,
            readdirSync(folder).find((name) => name.endsWith('.seg'))!,
          );
          // The header is durable before the first record is taken.
          truncateSync(segment, HEADER_BYTES + (where % (statSync(segment).size - HEADER_BYTES)));
          const kept = await readAll(join(dir, 'after'));
          const next = openEventLogWriter({ dir: join(dir, 'after'), gatewayId: id, now: frozen });
          const sequence = next.append('predictions', 'unit', Buffer.from('later'))!;
          const all = await readAll(join(dir, 'after'));
          await next.close();
          remove();

          expect(kept.map(({ sequence }) => sequence)).toEqual(given.slice(0, kept.length));
          expect(all.map(({ sequence }) => sequence)).toEqual([...given.slice(0, kept.length), sequence]);
          expect(given).not.toContain(sequence);
          expect(sequence).toBeGreaterThan(given.at(-1)!);
        },
      ),
      { numRuns: 100 },
    ));
});
