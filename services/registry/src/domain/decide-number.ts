/** Which number a version or a document gets. */
export interface NumberDecision {
  version: number;
  /** false: the very same content has this number already. */
  created: boolean;
}

/**
 * The next number, without gaps: `same` is the number the same content has already, `highest` the highest number given
 * so far (0: none). Only right while nobody else decides for the same name.
 */
export function decideNumber(same: number | undefined, highest: number): NumberDecision {
  return same === undefined ? { version: highest + 1, created: true } : { version: same, created: false };
}
