import type { Joining } from '@vinaigrette/serving';

/** So many rows must have answered joined as they answered alone before a version's questions are joined. */
export const ROWS_TO_PROVE = 32;

/** What is known about joining the questions of one version. */
export type JoinProof = Readonly<Record<Joining, number | 'refuted'>>;

export const unproved: JoinProof = { exact: 0, padded: 0 };

/** After a comparison of so many rows. One that differs settles it, and what fails unpadded is not padded either. */
export function afterComparison(proof: JoinProof, joining: Joining, rows: number, same: boolean): JoinProof {
  const seen = proof[joining];
  if (seen === 'refuted') return proof;
  if (!same) return joining === 'exact' ? { exact: 'refuted', padded: 'refuted' } : { ...proof, padded: 'refuted' };
  return { ...proof, [joining]: seen + rows };
}

const isProved = (seen: number | 'refuted'): boolean => seen !== 'refuted' && seen >= ROWS_TO_PROVE;

/** How questions may be joined now; undefined: not at all. */
export function provedJoining({ exact, padded }: JoinProof): Joining | undefined {
  if (isProved(padded) && exact !== 'refuted') return 'padded';
  return isProved(exact) ? 'exact' : undefined;
}

/** What is still open and worth a comparison; undefined: everything is settled. */
export function openJoining({ exact, padded }: JoinProof): Joining | undefined {
  if (exact === 'refuted') return undefined;
  if (padded !== 'refuted' && padded < ROWS_TO_PROVE) return 'padded';
  return exact < ROWS_TO_PROVE ? 'exact' : undefined;
}
