/** What a caller may still spend, as of a moment. */
export interface TokenBucket {
  tokens: number;
  /** Milliseconds, on any clock that only goes forward. */
  atMs: number;
}

/**
 * Takes a token if there is one. The bucket fills with `perSecond` tokens a second and holds those of one second, at
 * least one; a caller never seen has a full one. `waitMs`: how long until there is a token; 0: one was taken.
 */
export function takeToken(
  bucket: TokenBucket | undefined,
  perSecond: number,
  nowMs: number,
): { bucket: TokenBucket; waitMs: number } {
  const capacity = Math.max(1, perSecond);
  const filled = bucket ? bucket.tokens + ((nowMs - bucket.atMs) / 1_000) * perSecond : capacity;
  const tokens = Math.min(capacity, filled);
  if (tokens >= 1) return { bucket: { tokens: tokens - 1, atMs: nowMs }, waitMs: 0 };
  return { bucket: { tokens, atMs: nowMs }, waitMs: ((1 - tokens) / perSecond) * 1_000 };
}
