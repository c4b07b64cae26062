/**
 * Whether what this id names is kept for judging and never learnt, decided by the id alone: the same after a restart and
 * on every machine. FNV-1a, mixed once more as MurmurHash3 ends, so that neighbouring ids differ.
 */
export function isHeldOut(id: string, share: number): boolean {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32 < share;
}
