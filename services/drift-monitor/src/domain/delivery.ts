/** What a receiver was told of a page last. `dropped`: nothing, and nothing will be. */
export type Edge = '' | 'firing' | 'resolved' | 'dropped';

/** How far the telling of one page to one receiver has come. Times in milliseconds since the epoch. */
export interface Told {
  edge: Edge;
  /** When the edge was first told, and when last. */
  sinceMs: number;
  atMs: number;
  /** Failed tries since it last worked. */
  failures: number;
  /** Not tried again before. */
  nextMs: number;
}
export const untold: Told = { edge: '', sinceMs: 0, atMs: 0, failures: 0, nextMs: 0 };

/** `once`: each change is told once (Slack, a webhook). `renewed`: what is not said again ends (Alertmanager). */
export type Manner = 'once' | 'renewed';

/** Far below Alertmanager's resolve timeout of five minutes. */
export const RENEW_MS = 60_000;
/** So long an end is repeated: Alertmanager's own clients do the same. */
const RESOLVED_FOR_MS = 5 * 60_000;
/** First and longest pause after a failure. */
const BACK_OFF_MS = { first: 1_000, longest: 60_000 };

/**
 * What to tell a receiver now; undefined: nothing yet. A page that began and ended while the receiver was away is told
 * as a page and then as its end, so it is not lost. While a silence holds nothing new is told; what was told is renewed,
 * since it would otherwise seem to have ended.
 */
export function nextEdge(
  page: { endedMs?: number },
  told: Told,
  now: { manner: Manner; silenced: boolean; nowMs: number },
): Exclude<Edge, ''> | undefined {
  const { manner, silenced, nowMs } = now;
  if (told.edge === 'dropped' || nowMs < told.nextMs) return undefined;
  const ended = page.endedMs !== undefined;
  const due = manner === 'renewed' && nowMs - told.atMs >= RENEW_MS;
  if (told.edge === '') {
    if (!silenced) return 'firing';
    return ended ? 'dropped' : undefined;
  }
  if (told.edge === 'firing') {
    if (!ended) return due ? 'firing' : undefined;
    // Alertmanager collects for a while before it notifies; an end within that time would swallow the page.
    return manner === 'once' || nowMs - told.sinceMs >= RENEW_MS ? 'resolved' : undefined;
  }
  return due && nowMs - told.sinceMs < RESOLVED_FOR_MS ? 'resolved' : undefined;
}

/** After it was told. */
export function toldOf(before: Told, edge: Exclude<Edge, ''>, nowMs: number): Told {
  return { edge, sinceMs: before.edge === edge ? before.sinceMs : nowMs, atMs: nowMs, failures: 0, nextMs: 0 };
}

/** After a failure: a longer pause each time, without end. */
export function failedOf(before: Told, nowMs: number): Told {
  const pauseMs = Math.min(BACK_OFF_MS.first * 2 ** Math.min(before.failures, 16), BACK_OFF_MS.longest);
  return { ...before, failures: before.failures + 1, nextMs: nowMs + pauseMs };
}

/** Nothing will be told of it any more. */
export const isFinal = ({ edge, sinceMs }: Told, manner: Manner, nowMs: number): boolean =>
  edge === 'dropped' || (edge === 'resolved' && (manner === 'once' || nowMs - sinceMs >= RESOLVED_FOR_MS));
