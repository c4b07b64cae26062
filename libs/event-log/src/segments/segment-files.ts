import { closeSync, fsyncSync, openSync, readdirSync, readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from './crc32c.js';

/** The first bytes of every segment: format, then first sequence, then the last sequence before it, then their CRC. */
const MAGIC = Buffer.from('vinlog1\n');
export const HEADER_BYTES = 28;

export interface SegmentHeader {
  /** The sequence its first record has, or would have. */
  first: bigint;
  /** The last record the writer knew of when it opened the segment; 0n: none. Tells a reader what it missed. */
  previousLast: bigint;
}

export function encodeHeader({ first, previousLast }: SegmentHeader): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeBigUInt64LE(first, 8);
  header.writeBigUInt64LE(previousLast, 16);
  header.writeUInt32LE(crc32c(header.subarray(0, 24)), 24);
  return header;
}

/** Undefined when the bytes are no complete, undamaged header. */
export function decodeHeader(header: Buffer): SegmentHeader | undefined {
  if (header.length < HEADER_BYTES || !header.subarray(0, 8).equals(MAGIC)) return undefined;
  if (crc32c(header.subarray(0, 24)) !== header.readUInt32LE(24)) return undefined;
  return { first: header.readBigUInt64LE(8), previousLast: header.readBigUInt64LE(16) };
}

/** A gateway's id is a folder's name, so it is kept to what every file system and Kafka header takes. */
const gatewayIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const isGatewayId = (text: string): boolean => gatewayIdPattern.test(text);

/** Every gateway that has a folder in `dir`; none when there is no such folder. */
export function gatewayIdsBelow(dir: string): string[] {
  try {
    const entries = readdirSync(dir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && isGatewayId(entry.name)).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export const segmentName = (number: number): string => `${String(number).padStart(8, '0')}.seg`;

/** The numbers of the segments in a folder, ascending; none when there is no such folder. */
export function segmentNumbers(folder: string): number[] {
  try {
    return readdirSync(folder)
      .map((name) => /^(\d+)\.seg$/.exec(name)?.[1])
      .filter((digits) => digits !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A segment's header; undefined when the file is gone, too short yet, or damaged. */
export function readHeader(folder: string, number: number): SegmentHeader | undefined {
  let file: number;
  try {
    file = openSync(join(folder, segmentName(number)), 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    return decodeHeader(header.subarray(0, readSync(file, header, 0, HEADER_BYTES, 0)));
  } finally {
    closeSync(file);
  }
}

/** Makes new names in a folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(folder, 'r');
    await file.sync();
  } catch (error) {
    if (!isNoFile(error)) throw error;
  } finally {
    await file?.close();
  }
}

/** The same at once, for a process that starts. */
export function syncFolderNow(folder: string): void {
  let file: number | undefined;
  try {
    file = openSync(folder, 'r');
    fsyncSync(file);
  } catch (error) {
    if (!isNoFile(error)) throw error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Some systems cannot open a folder as a file; there its names are theirs to keep. */
const isNoFile = (error: unknown): boolean =>
  ['EISDIR', 'EPERM', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '');
