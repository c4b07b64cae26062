import { closeSync, fdatasync, fsyncSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { earlierRuns, finishedSegments } from './earlier-runs.js';
import { encodeFrame } from './frame.js';
import { encodeHeader, HEADER_BYTES, segmentName, segmentNumbers, syncFolder, syncFolderNow } from './segment-files.js';
import { chooseExpired, type FinishedSegment, type Retention } from './retention.js';
import { readShippedNext } from './shipped-position.js';

const sync = promisify(fdatasync);

/**
 * Sequences left out at each start. A power cut may lose records of the last fsync group that a reader has already
 * counted; their numbers must never be given again, not even by a clock that was set back.
 */
export const RESTART_GAP = 1n << 20n;

/** Between two attempts to open a segment after one failed, and between two segments given up for a failed fsync. */
const REOPEN_MS = 1_000;

/** Longer frames, of the longest baskets, get memory of their own. */
const SCRATCH_BYTES = 64 * 1024;

interface OpenSegment {
  number: number;
  file: number;
  first: bigint;
  /** Where the next frame goes: everything before it is whole. */
  end: number;
  /** Up to where the disk has it. */
  syncedEnd: number;
}

export interface TopicWriterStats {
  /** Appended since the start. */
  records: number;
  bytes: number;
  /** Answers went out that the log does not know: the disk was full or failed, or the record was too long. */
  lostRecords: number;
  fsyncErrors: number;
  /** Segments of the topic on disk, this one included. */
  segments: number;
  deletedSegments: number;
  /** Records that retention took away before Kafka had them. */
  deletedUnshippedRecords: number;
  /** The last sequence given; 0n: none since the start. */
  lastSequence: bigint;
  /** Why the last record was lost, or the last fsync failed. */
  lastError: string | undefined;
}

export interface TopicWriterOptions extends Retention {
  folder: string;
  segmentBytesMax: number;
  now: () => number;
}

/** Appends one topic of one gateway to its newest segment. Nothing here throws once it is constructed. */
export class TopicWriter {
  private segment: OpenSegment | undefined;
  /** Where frames are put together: each is with the operating system before the next one begins. */
  private readonly scratch = Buffer.alloc(SCRATCH_BYTES);
  /** Full segments, not written any more, whose fsync and close are still to come. */
  private readonly retired: OpenSegment[] = [];
  private readonly finished: FinishedSegment[];
  private sequence: bigint;
  private previousLast: bigint;
  private lastNumber: number;
  private folderChanged = true;
  private reopenAtMs = 0;
  private giveUpAtMs = 0;
  private readonly counted: Omit<TopicWriterStats, 'segments' | 'lastSequence'> = {
    records: 0,
    bytes: 0,
    lostRecords: 0,
    fsyncErrors: 0,
    deletedSegments: 0,
    deletedUnshippedRecords: 0,
    lastError: undefined,
  };

  constructor(private readonly options: TopicWriterOptions) {
    mkdirSync(options.folder, { recursive: true });
    const numbers = segmentNumbers(options.folder);
    const earlier = earlierRuns(options.folder, numbers);
    this.previousLast = earlier.lastGood;
    this.lastNumber = numbers.at(-1) ?? 0;
    this.finished = finishedSegments(options.folder, numbers, this.previousLast);
    // The clock's share keeps numbers fresh when the whole folder was lost; microseconds stay below 2^53 until 2255.
    const byClock = BigInt(Math.trunc(options.now())) * 1_000n;
    const afterGap = earlier.lastKnown + 1n + RESTART_GAP;
    this.sequence = afterGap > byClock ? afterGap : byClock;
    this.segment = this.open();
    this.syncHeader(this.segment.file);
  }

  /** Hands the record to the operating system before it returns. Undefined: the record is lost, and counted. */
  append(key: string, body: Uint8Array): bigint | undefined {
    try {
      const frame = encodeFrame(this.sequence, key, body, this.scratch);
      if (!frame) throw new RangeError(`A record of ${body.length} bytes is too long for the log`);
      const segment = this.writable(frame.length);
      this.write(segment, frame);
      this.counted.records += 1;
      this.counted.bytes += frame.length;
      this.previousLast = this.sequence;
      this.sequence += 1n;
      return this.previousLast;
    } catch (error) {
      this.counted.lostRecords += 1;
      this.counted.lastError = (error as Error).message;
      return undefined;
    }
  }

  /** Makes everything appended before the call survive a power cut; false, and counted, when some of it may not. */
  async sync(): Promise<boolean> {
    const errorsBefore = this.counted.fsyncErrors;
    try {
      const changed = this.folderChanged;
      this.folderChanged = false;
      if (changed) await syncFolder(this.options.folder);
    } catch (error) {
      this.folderChanged = true;
      this.countFsyncError(error);
    }
    while (this.retired[0]) {
      // Once only: after a failure the system calls the lost pages clean, and a second fsync would say nothing.
      await sync(this.retired[0].file).catch((error) => this.countFsyncError(error));
      closeSync(this.retired.shift()!.file);
    }
    const { segment } = this;
    if (segment && segment.syncedEnd < segment.end) {
      const { end } = segment;
      try {
        await sync(segment.file);
        segment.syncedEnd = end;
      } catch (error) {
        this.countFsyncError(error);
        this.giveUp(segment);
      }
    }
    return this.counted.fsyncErrors === errorsBefore;
  }

  /** Deletes finished segments that are too old or too many. Call it after a `sync` that went well. */
  retain(): void {
    const { folder, now } = this.options;
    try {
      const open = this.segment?.end ?? 0;
      for (const { segment, unshippedRecords } of chooseExpired(
        this.finished,
        open,
        now(),
        this.options,
        readShippedNext(folder),
      )) {
        rmSync(join(folder, segmentName(segment.number)), { force: true });
        this.finished.shift();
        this.counted.deletedSegments += 1;
        this.counted.deletedUnshippedRecords += unshippedRecords;
      }
    } catch (error) {
      this.counted.lastError = (error as Error).message;
    }
  }

  stats(): TopicWriterStats {
    return {
      ...this.counted,
      segments: this.finished.length + (this.segment ? 1 : 0),
      lastSequence: this.counted.records > 0 ? this.previousLast : 0n,
    };
  }

  async close(): Promise<void> {
    await this.sync();
    for (const segment of [...this.retired.splice(0), ...(this.segment ? [this.segment] : [])]) closeSync(segment.file);
    this.segment = undefined;
    this.reopenAtMs = Infinity;
  }

  /** The segment that takes the next frame; throws when there is none. */
  private writable(frameBytes: number): OpenSegment {
    const full =
      this.segment && this.segment.end > HEADER_BYTES && this.segment.end + frameBytes > this.options.segmentBytesMax;
    if ((!this.segment || full) && this.options.now() >= this.reopenAtMs) {
      try {
        const next = this.open();
        this.retire();
        this.segment = next;
      } catch (error) {
        this.reopenAtMs = this.options.now() + REOPEN_MS;
        // A segment that is only full still takes records: too long is better than lost.
        if (!this.segment) throw error;
      }
    }
    if (!this.segment) throw new Error(this.counted.lastError ?? 'The log is closed');
    return this.segment;
  }

  private open(): OpenSegment {
    const number = this.lastNumber + 1;
    const path = join(this.options.folder, segmentName(number));
    const file = openSync(path, 'wx');
    try {
      writeWhole(file, encodeHeader({ first: this.sequence, previousLast: this.previousLast }), 0);
    } catch (error) {
      closeSync(file);
      rmSync(path, { force: true });
      throw error;
    }
    this.lastNumber = number;
    this.folderChanged = true;
    return { number, file, first: this.sequence, end: HEADER_BYTES, syncedEnd: 0 };
  }

  /** The first number of this run is on disk before it is given, so that no later run can give it again. */
  private syncHeader(file: number): void {
    try {
      fsyncSync(file);
      for (const folder of [this.options.folder, dirname(this.options.folder)]) syncFolderNow(folder);
    } catch (error) {
      this.countFsyncError(error);
    }
  }

  private retire(): void {
    const segment = this.segment;
    if (!segment) return;
    this.retired.push(segment);
    this.finished.push({
      number: segment.number,
      first: segment.first,
      last: this.previousLast,
      bytes: segment.end,
      writtenAtMs: this.options.now(),
    });
    this.segment = undefined;
  }

  /** All of the frame or, after a full disk, nothing of it. */
  private write(segment: OpenSegment, frame: Buffer): void {
    try {
      writeWhole(segment.file, frame, segment.end);
      segment.end += frame.length;
    } catch (error) {
      try {
        ftruncateSync(segment.file, segment.end);
      } catch {
        this.retire(); // What is torn stays at the end of this one; the next record opens another.
      }
      throw error;
    }
  }

  private countFsyncError(error: unknown): void {
    this.counted.fsyncErrors += 1;
    this.counted.lastError = (error as Error).message;
  }

  /** After a failed fsync pages may be missing in the middle: what comes next must not lie behind the hole. */
  private giveUp(segment: OpenSegment): void {
    if (this.segment !== segment || this.options.now() < this.giveUpAtMs) return;
    this.giveUpAtMs = this.options.now() + REOPEN_MS;
    this.retire();
  }
}

function writeWhole(file: number, bytes: Buffer, position: number): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(file, bytes, written, bytes.length - written, position + written);
  }
}
