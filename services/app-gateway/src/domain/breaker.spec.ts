import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { admit, afterCall, closed, type Breaker } from './breaker.js';

const policy = { failuresMax: 3, openMs: 1_000 };
const open: Breaker = { phase: 'open', untilMs: 5_000 };
const halfOpen: Breaker = { phase: 'half-open' };

describe('admit()', () => {
  it.each([
    { breaker: closed, nowMs: 0, admitted: true, then: closed },
    { breaker: open, nowMs: 4_999, admitted: false, then: open },
    { breaker: open, nowMs: 5_000, admitted: true, then: halfOpen },
    { breaker: halfOpen, nowMs: 9_000, admitted: false, then: halfOpen },
  ])('of $breaker at $nowMs ms is $admitted', ({ breaker, nowMs, admitted, then }) => {
    expect(admit(breaker, nowMs)).toEqual({ admitted, breaker: then });
  });
});

describe('afterCall()', () => {
  it.each([
    { was: closed, succeeded: true, is: closed },
    { was: closed, succeeded: false, is: { phase: 'closed', failures: 1 } },
    { was: { phase: 'closed', failures: 2 } as const, succeeded: true, is: closed },
    { was: { phase: 'closed', failures: 2 } as const, succeeded: false, is: { phase: 'open', untilMs: 8_000 } },
    { was: halfOpen, succeeded: false, is: { phase: 'open', untilMs: 8_000 } },
    { was: halfOpen, succeeded: true, is: closed },
    { was: open, succeeded: false, is: open },
    { was: open, succeeded: true, is: closed },
  ])('of $was, succeeded: $succeeded, is $is', ({ was, succeeded, is }) => {
    expect(afterCall(was, succeeded, 7_000, policy)).toEqual(is);
  });

  it('never stays open for more than openMs after the last failure', () =>
    fc.assert(
      fc.property(fc.array(fc.boolean()), (calls) => {
        const last = calls.reduce((breaker, ok, at) => afterCall(breaker, ok, at, policy), closed as Breaker);
        expect(admit(last, calls.length + policy.openMs).admitted).toBe(true);
      }),
    ));
});
