/** What came of posting a message: the HTTP status, or why there is none. */
export type Outcome = { status: number } | { error: string };

/** When a message that was not taken is posted again. */
export interface RetryPolicy {
  /** Wait after the first attempt; four times as long after each further one, at most a day. */
  firstWaitMs: number;
  attemptsMax: number;
}

export type AfterAttempt = { state: 'delivered' } | { state: 'failed' } | { state: 'pending'; waitMs: number };

const DAY_MS = 24 * 60 * 60 * 1_000;
const GONE = 410; // Standard Webhooks: the receiver wants no more of it

/** `attempts`: how many were made, this one included. A redirect is no delivery: nobody asked that other address. */
export function afterAttempt(outcome: Outcome, attempts: number, policy: RetryPolicy): AfterAttempt {
  if ('status' in outcome && outcome.status >= 200 && outcome.status < 300) return { state: 'delivered' };
  if ('status' in outcome && outcome.status === GONE) return { state: 'failed' };
  if (attempts >= policy.attemptsMax) return { state: 'failed' };
  return { state: 'pending', waitMs: Math.min(policy.firstWaitMs * 4 ** (attempts - 1), DAY_MS) };
}
