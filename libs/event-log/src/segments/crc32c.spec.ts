import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { crc32c } from './crc32c.js';

const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);

describe('crc32c()', () => {
  it.each([
    { of: 'nothing', bytes: new Uint8Array(0), crc: 0 },
    { of: "'123456789', the check value of the CRC catalogue", bytes: Buffer.from('123456789'), crc: 0xe3069283 },
    { of: '32 zeros (RFC 3720, B.4)', bytes: new Uint8Array(32), crc: 0x8a9136aa },
    { of: '32 ones', bytes: new Uint8Array(32).fill(0xff), crc: 0x62a8ab43 },
    { of: '0 to 31', bytes: ascending, crc: 0x46dd794e },
    { of: '31 to 0', bytes: ascending.toReversed(), crc: 0x113fdb5c },
  ])('is $crc of $of', ({ bytes, crc }) => {
    expect(crc32c(bytes)).toBe(crc);
  });

  it('changes with every single bit', () =>
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), fc.integer({ min: 0, max: 7 }), (bytes, where, bit) => {
        const flipped = Uint8Array.from(bytes);
        flipped[where % bytes.length]! ^= 1 << bit;
        expect(crc32c(flipped)).not.toBe(crc32c(bytes));
      }),
    ));
});
