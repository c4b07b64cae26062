import type { BatchJob } from '../batch/scores.js';

/** What a run may not change of the one it goes on with; versions it takes over. */
const fixed = ['useCase', 'input', 'key', 'outputs'] as const satisfies readonly (keyof BatchJob)[];

/** In what the job asked for differs from the one that was begun. */
export const changedIn = (begun: BatchJob, asked: BatchJob): string[] =>
  fixed.filter((field) => JSON.stringify(begun[field]) !== JSON.stringify(asked[field]));
