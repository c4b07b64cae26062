import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFrame, FRAME_BYTES_MAX } from './frame.js';
import type { FinishedSegment } from './retention.js';
import { HEADER_BYTES, readHeader, segmentName } from './segment-files.js';

/**
 * What a folder of earlier runs says of their numbers: the last that can be read, and the last that is known to have
 * been given, which is higher when a power cut took all records of a segment. 0n: none.
 */
export function earlierRuns(folder: string, numbers: readonly number[]): { lastGood: bigint; lastKnown: bigint } {
  for (const number of [...numbers].reverse()) {
    const header = readHeader(folder, number);
    if (!header) continue;
    const last = lastSequenceOf(folder, number);
    return { lastGood: last ?? header.previousLast, lastKnown: last ?? header.first };
  }
  return { lastGood: 0n, lastKnown: 0n };
}

/** What retention must know of the segments of earlier runs. A damaged header counts as an empty segment. */
export function finishedSegments(folder: string, numbers: readonly number[], lastGood: bigint): FinishedSegment[] {
  let nextPreviousLast = lastGood;
  return [...numbers]
    .reverse()
    .map((number) => {
      const header = readHeader(folder, number);
      const { size, mtimeMs } = statSync(join(folder, segmentName(number)));
      const first = header?.first ?? nextPreviousLast + 1n;
      const segment = { number, first, last: nextPreviousLast, bytes: size, writtenAtMs: mtimeMs };
      nextPreviousLast = header?.previousLast ?? nextPreviousLast;
      return segment;
    })
    .reverse();
}

/** The last good sequence of a segment, found by reading it to its end or its first bad frame; undefined when none. */
function lastSequenceOf(folder: string, number: number): bigint | undefined {
  const path = join(folder, segmentName(number));
  const size = statSync(path).size;
  const file = openSync(path, 'r');
  try {
    let last: bigint | undefined;
    let position = HEADER_BYTES;
    let chunk = Buffer.alloc(1024 * 1024);
    while (position < size) {
      const filled = chunk.subarray(0, readSync(file, chunk, 0, chunk.length, position));
      let at = 0;
      for (;;) {
        const frame = decodeFrame(filled, at);
        if (frame === 'damaged') return last;
        if ('needs' in frame) {
          if (at === 0 && filled.length < chunk.length) return last;
          if (at === 0) chunk = Buffer.alloc(Math.min(FRAME_BYTES_MAX, Math.max(frame.needs, chunk.length * 2)));
          break;
        }
        last = frame.sequence;
        at += frame.bytes;
      }
      position += at;
    }
    return last;
  } finally {
    closeSync(file);
  }
}
