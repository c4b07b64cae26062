import { crc32c } from './crc32c.js';

/**
 * A record on disk, little endian:
 *   0  u32 length of what follows the checksum
 *   4  u32 CRC-32C of everything from byte 8 on
 *   8  u64 sequence
 *  16  u32 length of the key in bytes
 *  20  key in UTF-8, then the body to the end
 */
const PREFIX_BYTES = 8;
const FIXED_BYTES = 12;

/** A longer record is not written; a longer length read back is damage. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;

export interface Frame {
  sequence: bigint;
  key: string;
  /** A view into the bytes given to `decodeFrame`. */
  body: Uint8Array;
  /** Length of the whole frame. */
  bytes: number;
}

/**
 * The bytes of a record; undefined when it would be longer than FRAME_BYTES_MAX. Where `scratch` has room they are a
 * view of it: new memory for each record costs as much as all else here.
 */
export function encodeFrame(sequence: bigint, key: string, body: Uint8Array, scratch?: Buffer): Buffer | undefined {
  const keyBytes = Buffer.byteLength(key);
  const bytes = PREFIX_BYTES + FIXED_BYTES + keyBytes + body.length;
  if (bytes > FRAME_BYTES_MAX) return undefined;
  const frame = scratch && bytes <= scratch.length ? scratch.subarray(0, bytes) : Buffer.allocUnsafe(bytes);
  frame.writeUInt32LE(bytes - PREFIX_BYTES, 0);
  frame.writeBigUInt64LE(sequence, 8);
  frame.writeUInt32LE(keyBytes, 16);
  frame.write(key, 20);
  frame.set(body, 20 + keyBytes);
  frame.writeUInt32LE(crc32c(frame.subarray(PREFIX_BYTES)), 4);
  return frame;
}

/**
 * The frame that starts at `at`. `{ needs }` when the bytes end before it does, with the length it claims; 'damaged'
 * when no frame can start so. Zeros, as a file system leaves them after a power cut, are damage.
 */
export function decodeFrame(bytes: Buffer, at: number): Frame | { needs: number } | 'damaged' {
  if (bytes.length - at < PREFIX_BYTES) return { needs: PREFIX_BYTES };
  const length = bytes.readUInt32LE(at);
  if (length < FIXED_BYTES || PREFIX_BYTES + length > FRAME_BYTES_MAX) return 'damaged';
  const end = at + PREFIX_BYTES + length;
  if (bytes.length < end) return { needs: PREFIX_BYTES + length };
  if (crc32c(bytes.subarray(at + PREFIX_BYTES, end)) !== bytes.readUInt32LE(at + 4)) return 'damaged';
  const keyEnd = at + 20 + bytes.readUInt32LE(at + 16);
  if (keyEnd > end) return 'damaged';
  return {
    sequence: bytes.readBigUInt64LE(at + 8),
    key: bytes.toString('utf8', at + 20, keyEnd),
    body: bytes.subarray(keyEnd, end),
    bytes: PREFIX_BYTES + length,
  };
}
