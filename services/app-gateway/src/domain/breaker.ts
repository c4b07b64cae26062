/** When to stop asking a model that does not answer, and when to try it again. */
export interface BreakerPolicy {
  /** Failures in a row that open it. */
  failuresMax: number;
  /** How long it stays open before one call may try, in milliseconds. */
  openMs: number;
}

export type Breaker =
  | { phase: 'closed'; failures: number }
  | { phase: 'open'; untilMs: number }
  /** One call is trying; all others are turned away until it has ended. */
  | { phase: 'half-open' };

export const closed: Breaker = { phase: 'closed', failures: 0 };

/** Whether a call may go out now, and the breaker's state once it has. */
export function admit(breaker: Breaker, nowMs: number): { admitted: boolean; breaker: Breaker } {
  if (breaker.phase === 'closed') return { admitted: true, breaker };
  if (breaker.phase === 'open' && nowMs >= breaker.untilMs) return { admitted: true, breaker: { phase: 'half-open' } };
  return { admitted: false, breaker };
}

/** The state after a call ended. A late failure of a call let out before it opened does not keep it open longer. */
export function afterCall(breaker: Breaker, succeeded: boolean, nowMs: number, policy: BreakerPolicy): Breaker {
  if (succeeded) return closed;
  if (breaker.phase === 'open') return breaker;
  const failures = breaker.phase === 'closed' ? breaker.failures + 1 : policy.failuresMax;
  return failures >= policy.failuresMax
    ? { phase: 'open', untilMs: nowMs + policy.openMs }
    : { phase: 'closed', failures };
}
