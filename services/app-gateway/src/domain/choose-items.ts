import type { RecommendationUseCase } from '@vinaigrette/documents';
import { bestSellingItems, recommendedItems, type Item, type KnownVersion } from '@vinaigrette/serving';
import type { ReadyUseCase } from './configuration.js';
import type { ModelAnswer } from './model-answer.js';
import { HOLDOUT, NOTHING, type Route } from './route.js';

/** The rung that repeats what a batch has answered for the customer. */
export const PRECOMPUTED = 'precomputed';

/** What a batch has answered for a customer, before the rules. */
export interface PrecomputedItems {
  items: Item[];
  /** The version that was asked. */
  version: number;
  /** Milliseconds since the epoch. */
  scoredAtMs: number;
  /** Whether the scores are the model's; else the batch fell back to best sellers. */
  scored: boolean;
}

/** What is offered, before the rules. */
export interface Choice {
  /** undefined: no rung is left. */
  items: Item[] | undefined;
  /** Whether the scores are a model's. */
  scored: boolean;
  fallback: string | undefined;
  precomputed?: PrecomputedItems;
}

/** The model's items; undefined: it named none, and the next rung answers. */
export function chooseModelItems(answer: ModelAnswer, basket: readonly string[]): Choice | undefined {
  const items = answer.ok ? (recommendedItems(answer.outputs, basket) ?? []) : [];
  return items.length > 0 ? { items, scored: true, fallback: undefined } : undefined;
}

/** What a batch has answered, without what is in the basket meanwhile; undefined: nothing is left of it. */
export function choosePrecomputed(
  precomputed: PrecomputedItems | undefined,
  basket: readonly string[],
): Choice | undefined {
  const mine = new Set(basket);
  const items = precomputed?.items.filter(({ sku }) => !mine.has(sku)) ?? [];
  if (!precomputed || items.length === 0) return undefined;
  return { items, scored: precomputed.scored, fallback: PRECOMPUTED, precomputed };
}

/** The rung below every other: best sellers, or the nothing that a holdout may get. */
export function chooseLast(
  { document, versions, wanted }: ReadyUseCase<RecommendationUseCase>,
  { variant }: Pick<Route, 'variant'>,
  answer: ModelAnswer,
  basket: readonly string[],
): Choice {
  const heldOut = variant === HOLDOUT;
  if (heldOut && document.holdout?.answer === 'nothing') return { items: [], scored: false, fallback: NOTHING };
  const { bestSellers } = (answer.ok ? versions.get(answer.version) : undefined) ?? wanted;
  if (bestSellers.length === 0 || !(heldOut || document.fallback.includes('best-sellers'))) {
    const items = answer.ok || heldOut ? [] : undefined;
    return { items, scored: false, fallback: heldOut ? NOTHING : undefined };
  }
  return { items: bestSellingItems(bestSellers, basket), scored: false, fallback: 'best-sellers' };
}

/**
 * The versions whose precomputed answers a customer may get, the one preferred first: the one drawn, the one in force,
 * the one before. One that was rolled back is none of them.
 */
export function versionsToShow({ useCase, candidate }: Route): number[] {
  const versions = [candidate, useCase.wanted, useCase.previous] as (KnownVersion | undefined)[];
  return [...new Set(versions.flatMap((known) => known?.version ?? []))];
}
