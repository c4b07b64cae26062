import type { DriftPolicy } from '@vinaigrette/documents';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** Why a version is too old by its policy, in a sentence; empty: it is not, or nobody knows how old it is. */
export function staleness(registeredAtMs: number | undefined, nowMs: number, { maxAgeDays }: DriftPolicy): string {
  if (registeredAtMs === undefined || maxAgeDays === undefined) return '';
  const days = (nowMs - registeredAtMs) / DAY_MS;
  return days > maxAgeDays ? `registered ${Math.floor(days)} days ago, and its policy allows ${maxAgeDays}` : '';
}
