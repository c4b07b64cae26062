/** When the next version is made of what was learnt. */
export interface PublicationRhythm {
  /** After so many events; undefined: events alone make none. */
  everyEvents?: number | undefined;
  /** After so long, if there was one event at least, in milliseconds; undefined: time alone makes none. */
  everyMs?: number | undefined;
}

/** Of the last publication, or of the start: how much had been learnt, and when it was. */
export interface LastPublication {
  learnt: number;
  atMs: number;
}

/** Why a version is due; undefined: none is. */
export function publicationDue(
  { everyEvents, everyMs }: PublicationRhythm,
  last: LastPublication,
  now: { learnt: number; nowMs: number },
): string | undefined {
  const events = now.learnt - last.learnt;
  const seconds = Math.round((now.nowMs - last.atMs) / 1_000);
  if (events <= 0) return undefined;
  if (everyEvents !== undefined && events >= everyEvents) return `${events} events since the last`;
  if (everyMs !== undefined && now.nowMs - last.atMs >= everyMs)
    return `${seconds} s and ${events} events since the last`;
  return undefined;
}
