import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { takeToken, type TokenBucket } from './token-bucket.js';

describe('takeToken()', () => {
  it.each([
    { bucket: undefined, perSecond: 10, nowMs: 0, tokens: 9, waitMs: 0 },
    { bucket: { tokens: 0, atMs: 0 }, perSecond: 10, nowMs: 100, tokens: 0, waitMs: 0 },
    { bucket: { tokens: 0, atMs: 0 }, perSecond: 10, nowMs: 50, tokens: 0.5, waitMs: 50 },
    { bucket: { tokens: 0, atMs: 0 }, perSecond: 10, nowMs: 60_000, tokens: 9, waitMs: 0 },
    { bucket: undefined, perSecond: 0.5, nowMs: 0, tokens: 0, waitMs: 0 },
    { bucket: { tokens: 0, atMs: 0 }, perSecond: 0.5, nowMs: 0, tokens: 0, waitMs: 2_000 },
  ])('of $bucket at $perSecond a second after $nowMs ms waits $waitMs ms', ({ bucket, perSecond, nowMs, ...then }) => {
    const took = takeToken(bucket, perSecond, nowMs);
    expect({ tokens: took.bucket.tokens, waitMs: took.waitMs }).toEqual(then);
  });

  it('never lets more through than one second holds, and what flowed in since', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(300)), (perSecond, pausesMs) => {
        let [bucket, nowMs, taken]: [TokenBucket | undefined, number, number] = [undefined, 0, 0];
        for (const pauseMs of pausesMs) {
          nowMs += pauseMs;
          const took = takeToken(bucket, perSecond, nowMs);
          bucket = took.bucket;
          if (took.waitMs === 0) taken += 1;
        }
        expect(taken).toBeLessThanOrEqual(perSecond + (nowMs / 1_000) * perSecond + 1e-6);
      }),
    ));
});
