import type { Question } from './basket.js';
import type { BestSeller } from './best-sellers.js';
import type { Recommender } from './recommenders.js';

/** How many recommendations a shopper is shown when a hit is counted. */
export const SHOWN = 5;

/** How a recommender did on purchases it has not seen. null: nothing was asked, or nothing was shown. */
export interface Judgement {
  /** Share of the questions whose SKU was among the first five recommendations, in 0..1. */
  hitRateAt5: number | null;
  /** Mean of 1 over the place of the right SKU, 0 where it was not among the five, in 0..1. */
  mrrAt5: number | null;
  /** Share of the questions that got any recommendation, in 0..1. */
  answeredShare: number | null;
  /** Share of the SKUs on sale that were shown at least once, in 0..1. */
  coverage: number | null;
  /**
   * How surprising what was shown is: the mean of -log2 of the share of training baskets that hold it, in bits (Zhou et
   * al., PNAS 107(10), 2010). Best sellers alone score lowest.
   */
  noveltyBits: number | null;
}

/**
 * @param sold the SKUs of the training baskets and how many hold each
 * @param baskets how many training baskets there were
 */
export function judgeRecommender(
  recommender: Recommender,
  questions: readonly Question[],
  sold: readonly BestSeller[],
  baskets: number,
): Judgement {
  const holders = new Map(sold.map(({ sku, baskets }) => [sku, baskets]));
  const seen = new Set<string>();
  let [hits, reciprocal, answered, shownCount, bits] = [0, 0, 0, 0, 0];
  for (const { given, expected } of questions) {
    const shown = recommender(given, SHOWN);
    if (shown.length > 0) answered++;
    const place = shown.indexOf(expected);
    if (place >= 0) {
      hits++;
      reciprocal += 1 / (place + 1);
    }
    for (const sku of shown) {
      seen.add(sku);
      shownCount++;
      bits -= Math.log2((holders.get(sku) as number) / baskets);
    }
  }
  const per = (sum: number, count: number) => (count === 0 ? null : sum / count);
  return {
    hitRateAt5: per(hits, questions.length),
    mrrAt5: per(reciprocal, questions.length),
    answeredShare: per(answered, questions.length),
    coverage: per(seen.size, sold.length),
    noveltyBits: per(bits, shownCount),
  };
}
