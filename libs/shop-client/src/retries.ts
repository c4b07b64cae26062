import { ShopProblem } from './shop-problem.js';

/** The first pause where the gateway names none, in milliseconds; each one after is twice as long. */
const PAUSE_MS = 100;

/** A call, as far as asking it again goes. */
export interface Attempted {
  /** Whether asking twice does no more than asking once: a GET, or a POST with an idempotency key. */
  repeatable: boolean;
  /** Attempts so far. */
  attempts: number;
  /** Longest pause that the caller will sit through, in milliseconds. */
  pauseMsMax: number;
  /** 0..1 */
  chance: number;
}

/**
 * How long to wait before the same is asked again, in milliseconds; undefined: it is not. What the gateway turned away
 * before it began, saying when to come back, may be asked again by anybody; everything else only where that is safe.
 */
export function pauseBefore(
  failure: unknown,
  { repeatable, attempts, pauseMsMax, chance }: Attempted,
): number | undefined {
  const own = PAUSE_MS * 2 ** (attempts - 1) * (0.5 + chance / 2);
  if (!(failure instanceof ShopProblem)) return repeatable ? Math.min(own, pauseMsMax) : undefined;
  const { status, retryAfterMs } = failure;
  const turnedAway = (status === 429 || status === 503) && retryAfterMs !== undefined;
  if (!turnedAway && !(repeatable && status >= 500)) return undefined;
  const pauseMs = retryAfterMs ?? Math.min(own, pauseMsMax);
  return pauseMs <= pauseMsMax ? pauseMs : undefined;
}

/** Of a Retry-After header: seconds, or a date. undefined: there is none that can be read. */
export function retryAfterMsOf(header: string | null, nowMs: number): number | undefined {
  if (!header) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
