import type { Problem, ProblemKind } from '@vinaigrette/problems';

/**
 * The statuses v2 clients know, which are fewer than ours: they tell a request that can never succeed (400) from a
 * server that cannot answer now (503), and retry on that.
 */
const statuses: Record<ProblemKind, number> = {
  malformed: 400,
  invalid: 400,
  forbidden: 403,
  'too-large': 413,
  'not-found': 404,
  'not-allowed': 405,
  conflict: 409,
  unsupported: 501,
  unavailable: 503,
  exhausted: 503,
  timeout: 503,
  internal: 500,
};

export const v2StatusOf = ({ kind }: Problem): number => statuses[kind];
