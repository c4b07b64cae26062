import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeFrame, encodeFrame, FRAME_BYTES_MAX, type Frame } from './frame.js';

const sequences = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const keys = fc.string({ unit: 'grapheme' });

describe('a frame', () => {
  it('gives back what went in', () =>
    fc.assert(
      fc.property(sequences, keys, fc.uint8Array(), (sequence, key, body) => {
        const bytes = encodeFrame(sequence, key, body)!;
        const frame = decodeFrame(bytes, 0) as Frame;
        expect({ ...frame, body: Uint8Array.from(frame.body) }).toEqual({ sequence, key, body, bytes: bytes.length });
      }),
    ));

  it('is the same in a buffer used before, and where that is too short', () => {
    const scratch = Buffer.alloc(64, 0xff);
    fc.assert(
      fc.property(sequences, keys, fc.uint8Array({ maxLength: 80 }), (sequence, key, body) => {
        expect(encodeFrame(sequence, key, body, scratch)).toEqual(encodeFrame(sequence, key, body));
      }),
    );
  });

  it('is never read from a part of itself', () =>
    fc.assert(
      fc.property(sequences, keys, fc.uint8Array(), fc.nat(), (sequence, key, body, cut) => {
        const bytes = encodeFrame(sequence, key, body)!;
        expect(decodeFrame(bytes.subarray(0, cut % bytes.length), 0)).toHaveProperty('needs');
      }),
    ));

  it('is never read when a byte of it changed', () =>
    fc.assert(
      fc.property(sequences, keys, fc.uint8Array(), fc.nat(), (sequence, key, body, where) => {
        const bytes = encodeFrame(sequence, key, body)!;
        bytes[where % bytes.length]! ^= 0x5a;
        const frame = decodeFrame(bytes, 0);
        expect(frame === 'damaged' || 'needs' in frame).toBe(true);
      }),
    ));

  it('is never made of zeros', () => {
    expect(decodeFrame(Buffer.alloc(4096), 0)).toBe('damaged');
  });

  it('is refused above its longest', () => {
    expect(encodeFrame(1n, 'k', new Uint8Array(FRAME_BYTES_MAX))).toBeUndefined();
    expect(encodeFrame(1n, 'k', new Uint8Array(FRAME_BYTES_MAX - 21))).toHaveLength(FRAME_BYTES_MAX);
  });
});
