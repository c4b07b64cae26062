import { describe, expect, it } from '@jest/globals';
import { allowedWaitMs } from './allowed-wait.js';

const settings = { queueWaitMsMax: 10_000, queueStandingMsMax: 20 };

describe('allowedWaitMs()', () => {
  it.each([
    { queue: 'a burst', requests: 1_000, standsMs: 90, allowed: 10_000 },
    { queue: 'one that stands', requests: 256, standsMs: 101, allowed: 20 },
    { queue: 'some that stand', requests: 255, standsMs: 5_000, allowed: 10_000 },
  ])('is $allowed ms behind $queue', ({ requests, standsMs, allowed }) => {
    expect(allowedWaitMs(settings, requests, standsMs)).toBe(allowed);
  });

  it('is never longer for standing', () => {
    expect(allowedWaitMs({ ...settings, queueWaitMsMax: 5 }, 1_000, 1_000)).toBe(5);
  });
});
