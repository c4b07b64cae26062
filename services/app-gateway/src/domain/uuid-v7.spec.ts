import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { uuidV7 } from './uuid-v7.js';

const chance = fc.uint8Array({ minLength: 10, maxLength: 10 });
const timeMs = fc.integer({ min: 0, max: 2 ** 48 - 1 });

describe('uuidV7()', () => {
  it('spells the example of RFC 9562, appendix A.6', () => {
    const bytes = Buffer.from('cc318c40dc0c0c07398f', 'hex');
    expect(uuidV7(0x017f22e279b0, bytes)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  it('has version 7 and the RFC variant, whatever the chance', () =>
    fc.assert(
      fc.property(timeMs, chance, (time, bytes) => {
        expect(uuidV7(time, bytes)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      }),
    ));

  it('sorts by time', () =>
    fc.assert(
      fc.property(timeMs, timeMs, chance, chance, (a, b, left, right) => {
        fc.pre(a !== b);
        expect(uuidV7(a, left) < uuidV7(b, right)).toBe(a < b);
      }),
    ));
});
