/** A copy of a file that can be fetched again. */
export interface Copy {
  path: string;
  bytes: number;
  usedAtMs: number;
}

/**
 * The copies to delete so that all together are no larger than `bytesMax`: those used longest ago first, and none that
 * was used at or after `keepFromMs`, since somebody may be reading it. So the limit can be passed for a while.
 */
export function leastRecentlyUsed(copies: Iterable<Copy>, bytesMax: number, keepFromMs: number): string[] {
  const oldestFirst = [...copies].sort((a, b) => a.usedAtMs - b.usedAtMs);
  let bytes = oldestFirst.reduce((sum, copy) => sum + copy.bytes, 0);
  const gone: string[] = [];
  for (const copy of oldestFirst) {
    if (bytes <= bytesMax || copy.usedAtMs >= keepFromMs) break;
    bytes -= copy.bytes;
    gone.push(copy.path);
  }
  return gone;
}
