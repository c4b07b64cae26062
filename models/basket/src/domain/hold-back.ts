import { questionOf, type Basket, type Question } from './basket.js';
import type { BestSeller } from './best-sellers.js';
import type { Rule } from './mine-rules.js';
import { recommend } from './recommend.js';

/** How many recommendations a shopper is shown when a hit is counted. */
const SHOWN = 5;

export interface Split {
  train: Basket[];
  heldBack: Basket[];
  /** Start of the held-back time in milliseconds since the epoch; absent when the baskets have no dates. */
  heldBackFromMs: number | undefined;
}

/**
 * Keeps back about the `share` of the baskets that was sold last: a recommender is judged on a time it has not seen.
 * Baskets sold at the same moment stay together. Without dates, baskets are kept back at equal distances in their order.
 */
export function holdBack(baskets: readonly Basket[], share: number): Split {
  const times = baskets.map((basket) => basket.soldAtMs);
  if (times.some((time) => time === undefined)) return holdBackEvenly(baskets, share);
  const sorted = Float64Array.from(times as number[]).sort();
  const fromMs = sorted[Math.floor(sorted.length * (1 - share))] ?? Infinity;
  return {
    train: baskets.filter((basket) => (basket.soldAtMs as number) < fromMs),
    heldBack: baskets.filter((basket) => (basket.soldAtMs as number) >= fromMs),
    heldBackFromMs: fromMs,
  };
}

function holdBackEvenly(baskets: readonly Basket[], share: number): Split {
  const isHeldBack = (_: Basket, index: number) => Math.floor((index + 1) * share) > Math.floor(index * share);
  return {
    train: baskets.filter((basket, index) => !isHeldBack(basket, index)),
    heldBack: baskets.filter(isHeldBack),
    heldBackFromMs: undefined,
  };
}

export interface HitRates {
  /** Held-back baskets of two SKUs or more: each asks for its last from the others. */
  questions: number;
  /** Share of the questions whose SKU was among the first five recommendations, in 0..1; null without questions. */
  hitRateAt5: number | null;
  /** The same for the five best sellers that are not in the basket. */
  bestSellersHitRateAt5: number | null;
  /** Share of the questions that got any recommendation, in 0..1. */
  answeredShare: number | null;
}

export function hitRatesOf(heldBack: readonly Basket[], rules: readonly Rule[], best: readonly BestSeller[]): HitRates {
  const questions = heldBack.map(questionOf).filter((question) => question !== undefined);
  let [hits, bestHits, answered] = [0, 0, 0];
  for (const { given, expected } of questions) {
    const shown = recommend(rules, given, SHOWN);
    if (shown.length > 0) answered++;
    if (shown.some(({ sku }) => sku === expected)) hits++;
    if (isAmongBest({ given, expected }, best)) bestHits++;
  }
  const shareOf = (count: number) => (questions.length === 0 ? null : count / questions.length);
  return {
    questions: questions.length,
    hitRateAt5: shareOf(hits),
    bestSellersHitRateAt5: shareOf(bestHits),
    answeredShare: shareOf(answered),
  };
}

function isAmongBest({ given, expected }: Question, best: readonly BestSeller[]): boolean {
  const held = new Set(given);
  let shown = 0;
  for (const { sku } of best) {
    if (held.has(sku)) continue;
    if (sku === expected) return true;
    if (++shown === SHOWN) return false;
  }
  return false;
}
