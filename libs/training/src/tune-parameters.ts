import {
  choiceOf,
  drawFrom,
  gridOf,
  searchBest,
  seededRandom,
  type Candidate,
  type Trial,
} from '@vinaigrette/pipeline';
import { Problem } from '@vinaigrette/problems';
import { nameOf } from '@vinaigrette/tables';
import { z } from 'zod';
import type { RunLog } from './log-runs.js';
import { parseOptions } from './parse-options.js';
import { valueOf } from './read-parameters.js';
import type { Progress, Recipe } from './recipe.js';
import { asRefusal, loadData, type SourceOptions } from './train-version.js';

const searchSchema = z.strictObject({
  /** By name of a parameter: `a,b,c`, or `0.1..0.5`. */
  space: z.record(z.string(), z.string()).refine((space) => Object.keys(space).length > 0, 'Name a parameter to try'),
  search: z.enum(['grid', 'random']),
  /** Candidates drawn by chance. */
  trials: z.number().int().min(1).max(10_000).default(20),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31)
    .default(1),
});
export type SearchOptions = z.input<typeof searchSchema>;

/**
 * Looks for parameters by successive halving: every candidate learns from a small share of the rows, and only the best
 * ones from more. Rows are read once. Answers the best candidate with the parameters that were given beside it.
 *
 * Throws TRAINING_OPTION_INVALID where the space is none, TRAINING_DATA_INVALID where no candidate can be trained, or what
 * `trainVersion` throws of reading.
 */
export async function tuneParameters<Schema extends z.ZodObject, Data, Card>(
  recipe: Recipe<Schema, Data, Card>,
  given: SourceOptions & z.input<Schema>,
  options: SearchOptions,
  log: RunLog,
  progress: Progress = () => {},
): Promise<{ best: Trial; parameters: z.output<Schema>; trials: Trial[] }> {
  const candidates = candidatesOf(recipe, parseOptions(searchSchema, options));
  const { data, parameters } = await loadData(recipe, given, progress);
  const withCandidate = (candidate: Candidate) =>
    parseOptions(recipe.parameters.strict(), { ...parameters, ...candidate }) as z.output<Schema>;
  candidates.forEach(withCandidate); // a value out of range is a mistake, not a weak candidate
  const { best, trials } = await searchBest(
    candidates,
    async (candidate, share) => asRefusal(nameOf(given), () => recipe.score(data, withCandidate(candidate), share)),
    async (trial) => {
      await log.add(trial);
      progress(told(trial, candidates.length, recipe.scoredBy));
    },
  );
  if (!best) {
    const why = trials[0]?.failure ?? 'nothing to try';
    throw new Problem('TRAINING_DATA_INVALID', `No candidate can be trained: ${why}`, { field: 'input' });
  }
  return { best, parameters: withCandidate(best.candidate), trials };
}

function candidatesOf<Schema extends z.ZodObject, Data, Card>(
  { parameters, loadParameters }: Recipe<Schema, Data, Card>,
  { space, search, trials, seed }: z.output<typeof searchSchema>,
): Candidate[] {
  const read = Object.keys(space).find((name) => (loadParameters as readonly string[]).includes(name));
  if (read !== undefined) {
    throw new Problem('TRAINING_OPTION_INVALID', `${read} says which rows there are: it cannot be tuned`, {
      field: read,
    });
  }
  const unknown = Object.keys(space).find((name) => !(name in parameters.shape));
  if (unknown !== undefined) {
    throw new Problem('TRAINING_OPTION_INVALID', `There is no option ${unknown}`, { field: unknown });
  }
  try {
    const choices = Object.fromEntries(Object.entries(space).map(([name, text]) => [name, choiceOf(text, valueOf)]));
    return search === 'grid' ? gridOf(choices) : drawFrom(choices, trials, seededRandom(seed));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new Problem('TRAINING_OPTION_INVALID', cause.message, { field: 'space', cause });
  }
}

function told({ number, candidate, share, score, failure }: Trial, candidates: number, scoredBy: string): string {
  const asked = Object.entries(candidate)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
  const worth = failure === undefined ? `${scoredBy} ${score.toFixed(4)}` : `failed: ${failure}`;
  return `${number + 1} of ${candidates}, ${Math.round(share * 100)} % of the rows: ${asked}: ${worth}`;
}
