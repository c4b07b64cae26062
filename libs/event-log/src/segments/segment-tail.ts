import { open, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX, type EventLogLogger, type EventRecord } from '../event-log.js';
import { decodeFrame } from './frame.js';
import { HEADER_BYTES, readHeader, segmentName, segmentNumbers } from './segment-files.js';

const CHUNK_BYTES = 1024 * 1024;

export interface TailStats {
  /** No record below this sequence is still to come. */
  next: bigint;
  /** Times that records from `next` on were gone or unreadable: deleted before they were read, or damaged on disk. */
  missedRanges: number;
  /** Finished segments that end in bytes that are no record, as `kill -9` and power cuts leave them. */
  tornSegments: number;
  tornBytes: number;
}

/** What a record is taken to be while none was read. */
const RECORD_BYTES_GUESS = 500;

interface CurrentSegment {
  number: number;
  file: FileHandle;
  /** Where the next frame starts. */
  position: number;
}

/** Reads one topic of one gateway forward, while it is being written. */
export class SegmentTail {
  private current: CurrentSegment | undefined;
  /** Segments up to this number are done with. */
  private after = 0;
  private framesRead = { count: 0, bytes: 0 };
  /** Whether the last read came to the end of all that was written. */
  sawEnd = false;
  private readonly counted: TailStats = { next: 0n, missedRanges: 0, tornSegments: 0, tornBytes: 0 };

  constructor(
    readonly folder: string,
    readonly gatewayId: string,
    private readonly logger: EventLogLogger,
  ) {}

  /** Goes to the first record at or after `next`. */
  async seek(next: bigint): Promise<void> {
    await this.leave(0);
    this.counted.next = next;
  }

  /** The next records in order, at most `recordsMax` and about `bytesMax`; empty when there are none yet. */
  async read(recordsMax = BATCH_RECORDS_MAX, bytesMax = BATCH_BYTES_MAX): Promise<EventRecord[]> {
    for (;;) {
      this.current ??= await this.enter();
      this.sawEnd = !this.current;
      if (!this.current) return [];
      const records = await this.readFrames(this.current, recordsMax, bytesMax);
      if (records.length > 0) return records;
      const fate = await this.fateOf(this.current);
      if (fate === 'written') return [];
      // It was still written when it was read above; now nothing more can come.
      const rest = await this.readFrames(this.current, recordsMax, bytesMax);
      if (rest.length > 0) return rest;
      await this.finish(this.current, fate);
    }
  }

  /** Makes what was read survive a power cut, before anyone else is told of it. */
  async sync(): Promise<void> {
    await this.current?.file.datasync();
  }

  stats(): TailStats {
    return { ...this.counted };
  }

  /** About how many records are still to be read: their bytes, at the mean length of those that were. */
  async unread(): Promise<number> {
    const from = this.current ?? this.find();
    if (!from) return 0;
    const position = this.current?.position ?? HEADER_BYTES;
    let bytes = 0;
    for (const number of segmentNumbers(this.folder)) {
      if (number < from.number) continue;
      const found = await stat(join(this.folder, segmentName(number))).catch(goneOrThrow);
      bytes += Math.max(0, (found?.size ?? 0) - (number === from.number ? position : HEADER_BYTES));
    }
    const { count, bytes: bytesRead } = this.framesRead;
    return Math.ceil(bytes / (count === 0 ? RECORD_BYTES_GUESS : bytesRead / count));
  }

  async close(): Promise<void> {
    await this.leave(0);
  }

  private async leave(after: number): Promise<void> {
    const { current } = this;
    this.current = undefined;
    this.after = after;
    await current?.file.close();
  }

  /** Opens the segment where `next` is, or the oldest one after it when that is gone. */
  private async enter(): Promise<CurrentSegment | undefined> {
    const { next } = this.counted;
    const found = this.find();
    if (!found) return undefined;
    const file = await openOrGone(join(this.folder, segmentName(found.number)));
    if (!file) return undefined;
    if (found.first > next && found.previousLast >= next && found.previousLast > 0n) {
      this.counted.missedRanges += 1;
      const missed = { folder: this.folder, from: String(next), to: String(found.previousLast) };
      this.logger.error(missed, 'records were deleted or damaged before they were read');
    }
    return { number: found.number, file, position: HEADER_BYTES };
  }

  private find(): { number: number; first: bigint; previousLast: bigint } | undefined {
    let found: { number: number; first: bigint; previousLast: bigint } | undefined;
    for (const number of segmentNumbers(this.folder)) {
      const header = number > this.after ? readHeader(this.folder, number) : undefined;
      if (!header) continue;
      if (found && header.first > this.counted.next) break;
      found = { number, ...header };
    }
    return found;
  }

  /**
   * Whether more can come: 'written', the newest of its folder; 'finished', a newer one exists; 'replaced', the folder
   * was lost and made again under the reader.
   */
  private async fateOf(segment: CurrentSegment): Promise<'written' | 'finished' | 'replaced'> {
    const { number, file } = segment;
    const hasNewer = this.isFollowed(segment);
    const onDisk = await stat(join(this.folder, segmentName(number))).catch(goneOrThrow);
    const opened = await file.stat();
    if (!onDisk) return hasNewer ? 'finished' : 'replaced';
    if (onDisk.ino !== opened.ino) return 'replaced';
    return hasNewer ? 'finished' : 'written';
  }

  private isFollowed({ number }: CurrentSegment): boolean {
    return segmentNumbers(this.folder).some((other) => other > number);
  }

  /** Frames from the position on, up to the first that is not whole. Empty: there is none now. */
  private async readFrames(segment: CurrentSegment, recordsMax: number, bytesMax: number): Promise<EventRecord[]> {
    const records: EventRecord[] = [];
    let wanted = Math.min(CHUNK_BYTES, bytesMax);
    while (records.length === 0) {
      const chunk = await readAt(segment, wanted);
      this.sawEnd = chunk.length < wanted && !this.isFollowed(segment);
      let at = 0;
      while (records.length < recordsMax) {
        const frame = decodeFrame(chunk, at);
        if (frame === 'damaged') return records;
        if ('needs' in frame) {
          if (at === 0 && frame.needs <= wanted) return records; // the file ends here
          wanted = Math.max(frame.needs, Math.min(CHUNK_BYTES, bytesMax));
          break;
        }
        at += frame.bytes;
        segment.position += frame.bytes;
        this.framesRead.count += 1;
        this.framesRead.bytes += frame.bytes;
        if (frame.sequence < this.counted.next) continue;
        this.counted.next = frame.sequence + 1n;
        const { sequence, key, body } = frame;
        records.push({ offset: sequence, gatewayId: this.gatewayId, sequence, key, body });
      }
      if (at < chunk.length && records.length === recordsMax) this.sawEnd = false;
    }
    return records;
  }

  /** Leaves a segment to which nothing comes any more, and counts what is not readable at its end. */
  private async finish(segment: CurrentSegment, fate: 'finished' | 'replaced'): Promise<void> {
    const unread = (await segment.file.stat()).size - segment.position;
    if (unread > 0) {
      this.counted.tornSegments += 1;
      this.counted.tornBytes += unread;
      const where = { folder: this.folder, segment: segment.number, at: segment.position, bytes: unread };
      this.logger.warn(where, 'a segment ends in bytes that are no record');
    }
    await this.leave(fate === 'finished' ? segment.number : 0);
  }
}

/** Up to `bytes` bytes from the segment's position. A buffer of its own, since records are views into it. */
async function readAt({ file, position }: CurrentSegment, bytes: number): Promise<Buffer> {
  const { size } = await file.stat();
  const chunk = Buffer.allocUnsafe(Math.max(0, Math.min(bytes, size - position)));
  const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
  return chunk.subarray(0, bytesRead);
}

/** Windows syncs only what it may write. */
const openMode = process.platform === 'win32' ? 'r+' : 'r';

async function openOrGone(path: string): Promise<FileHandle | undefined> {
  return open(path, openMode).catch(goneOrThrow);
}

function goneOrThrow(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
