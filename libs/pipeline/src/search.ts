import { ranked, sharesOf, survivorsOf, type Trial } from './halve.js';
import type { Candidate } from './search-space.js';

/**
 * Tries the candidates by successive halving and answers every trial, in the order it was made, and the best of the last
 * round; undefined when none could be trained.
 *
 * @param score trains a candidate on a share of the rows; a RangeError or a refusal it throws is a candidate that fails
 * @param tell told of every trial as soon as it is over
 */
export async function searchBest(
  candidates: readonly Candidate[],
  score: (candidate: Candidate, share: number) => Promise<number>,
  tell: (trial: Trial) => Promise<void> | void = () => {},
): Promise<{ best: Trial | undefined; trials: Trial[] }> {
  const trials: Trial[] = [];
  let round = candidates.map((candidate, number) => ({ number, candidate }));
  let best: Trial | undefined;
  for (const share of sharesOf(candidates.length)) {
    const own: Trial[] = [];
    for (const { number, candidate } of round) {
      const trial = { number, candidate, share, ...(await attempt(() => score(candidate, share))) };
      own.push(trial);
      await tell(trial);
    }
    trials.push(...own);
    [best] = ranked(own);
    round = survivorsOf(own);
    if (round.length === 0) break;
  }
  return { best, trials };
}

async function attempt(score: () => Promise<number>): Promise<Pick<Trial, 'score' | 'failure'>> {
  try {
    return { score: await score() };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { score: NaN, failure: error.message };
  }
}
