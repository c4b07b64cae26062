const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** How long to wait before a process is started again, in ms: half a second, doubling with each death, 30 s at most. */
export function backOffMs(deathsInARow: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, deathsInARow - 1));
}
