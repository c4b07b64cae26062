import type { Version } from './plan-versions.js';

/**
 * Versions as they were found, where two looks in a row agree on them; where they do not, as they were taken up before:
 * so a version that is being written is not loaded half, and keeps no other one waiting.
 */
export function settledVersions(
  found: readonly Version[],
  before: readonly Version[],
  taken: readonly Version[],
): Version[] {
  const [now, then, held] = [found, before, taken].map((versions) => new Map(versions.map((one) => [keyOf(one), one])));
  const keys = new Set([found, before, taken].flat().map(keyOf));
  return [...keys].flatMap((key) => {
    const stands = now?.get(key)?.digest === then?.get(key)?.digest;
    return (stands ? now : held)?.get(key) ?? [];
  });
}

const keyOf = ({ model, number }: Version): string => `${model}/${number}`;
