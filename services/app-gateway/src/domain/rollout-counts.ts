/** Counts of one side of a trial; they only grow. */
export interface SideCounts {
  requests: number;
  /** The model drawn failed, refused or was too late. */
  errors: number;
  /** Another rung answered. */
  fallbacks: number;
  /** The model drawn answered, but took more than its part of the budget. */
  slow: number;
  /** Outcomes that the use case counts as a success. */
  successes: number;
}

/** What became of one request, as far as a trial counts it. */
export interface Counted {
  error: boolean;
  fallback: boolean;
  slow: boolean;
}

export const noCounts = (): SideCounts => ({ requests: 0, errors: 0, fallbacks: 0, slow: 0, successes: 0 });

export function addRequest(counts: SideCounts, { error, fallback, slow }: Counted): void {
  counts.requests += 1;
  counts.errors += Number(error);
  counts.fallbacks += Number(fallback);
  counts.slow += Number(slow);
}

/** Part of a use case's budget after which an answer counts as slow, 0..1. */
export const SLOW_SHARE = 0.6;
