import type { Provenance } from '@vinaigrette/training';
import type { Policy } from './domain/cleaning.js';
import type { CleaningReport } from './domain/gather-baskets.js';
import type { Judgement } from './domain/judge-recommender.js';
import type { SalesFormat } from './adapters/read-sales.js';

/** The model card: where a version comes from, what it does, what it costs. Contents of card.json; times are ISO 8601 UTC. */
export interface Card {
  format: 1;
  model: 'basket';
  trainedAt: string;
  /** The very source (SHA-256 of the file as it is stored), and what became of its rows. */
  data: Provenance & { format: SalesFormat };
  /** The half-open window asked for, and the first and last sale found in it; null: open, or without dates. */
  sales: { from: string | null; to: string | null; first: string | null; last: string | null };
  cleaning: CleaningReport;
  parameters: {
    policy: Policy;
    minSupport: number;
    /** The same as a number of baskets. */
    minBaskets: number;
    minConfidence: number;
    /** Most items of an itemset; null: any number. */
    maxLength: number | null;
    maxRules: number;
    heldBackShare: number;
  };
  mined: {
    itemsets: number;
    /** Itemsets of 1, 2, 3 ... items. */
    itemsetsByLength: number[];
    rules: number;
  };
  served: {
    /** Rules of the graph: the mined ones without those that a stronger, shorter rule silences everywhere. */
    rules: number;
    /** SKUs named by a rule. */
    items: number;
    /** Most recommendations of an answer. */
    recommendations: number;
  };
  /** One thread of the machine that trained, in microseconds a row: median over baskets of the sales. */
  cost: { batch1: number; batch32: number };
  /**
   * On the baskets sold last, can the last SKU of each be told from the others? Every recommender has learnt from the
   * other baskets only; the version itself has seen all of them.
   */
  heldBack: {
    baskets: number;
    from: string | null;
    /** Held-back baskets of two SKUs or more. */
    questions: number;
    rules: number;
    /** What is served, and two that any shop could have without it. */
    recommenders: { rules: Judgement; bestSellers: Judgement; itemCosine: Judgement };
  };
  baseline: { rows: number; question: string };
}
