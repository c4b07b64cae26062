/** A process on a machine. */
export interface Owner {
  host: string;
  pid: number;
}

/** Longest that an upload or an inspection may take before another machine calls it abandoned. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1_000;

/** A name that tells who is at work on the file, so that others leave it alone. */
export const scratchName = ({ host, pid }: Owner, id: string): string => `${encodeURIComponent(host)}~${pid}~${id}`;

/**
 * Whether nobody will finish a file of that name. Asked at start, when this process has made none itself: one of its
 * own number is of a process before it (in a container every process has number 1).
 */
export function isAbandoned(name: string, ageMs: number, me: Owner, isAlive: (pid: number) => boolean): boolean {
  if (ageMs > ABANDONED_AFTER_MS) return true;
  const [host, pid] = name.split('~');
  if (host !== encodeURIComponent(me.host)) return false;
  return Number(pid) === me.pid || !isAlive(Number(pid));
}
