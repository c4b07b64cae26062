import type { Precomputed } from '@vinaigrette/documents';
import type { PrecomputedItems } from './domain/choose-items.js';

/** What was answered for customers beforehand. */
export abstract class PrecomputedAnswers {
  /**
   * The customer's answer by the first of these versions that has one no older than the source allows. Never rejects:
   * one that does not come within the budget, in milliseconds, is none.
   */
  abstract of(
    source: Precomputed,
    customer: string,
    versions: readonly number[],
    budgetMs: number,
  ): Promise<PrecomputedItems | undefined>;

  /** Nothing to let go of, unless an adapter says otherwise. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A gateway that was given no database of the shop. */
export class NoPrecomputedAnswers extends PrecomputedAnswers {
  of(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
