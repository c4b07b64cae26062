const DAY_MS = 86_400_000;
const LENGTH = /^([1-9]\d{0,3})([DWM])$/;

/** Half-open, in milliseconds since the epoch; an absent end is open. */
export interface SalesWindow {
  fromMs?: number | undefined;
  toMs?: number | undefined;
}

export const isWindowLength = (text: string): boolean => LENGTH.test(text);

/**
 * When a window of some length begins that ends at `toMs`: `30D` days, `12W` weeks or `6M` months before it, in UTC. A
 * day that the month lacks is its last one. Throws RangeError where the text is no length.
 */
export function windowStart(length: string, toMs: number): number {
  const match = LENGTH.exec(length);
  if (!match) throw new RangeError(`${length} is no length of a window`);
  const count = Number(match[1]);
  if (match[2] !== 'M') return toMs - count * (match[2] === 'W' ? 7 : 1) * DAY_MS;
  const end = new Date(toMs);
  const start = new Date(toMs);
  start.setUTCDate(1);
  start.setUTCMonth(start.getUTCMonth() - count);
  const lastDay = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 0)).getUTCDate();
  start.setUTCDate(Math.min(end.getUTCDate(), lastDay));
  return start.getTime();
}

/** The first midnight after a moment, UTC: what has been sold by then includes the whole day. */
export const midnightAfter = (ms: number): number => (Math.floor(ms / DAY_MS) + 1) * DAY_MS;
