import type { Provenance } from '@vinaigrette/training';
import type { Figures } from './domain/figures.js';
import type { Imputation } from './domain/insured.js';

/** The model card: where a version comes from and how good it is. Contents of card.json; times are ISO 8601 UTC. */
export interface Card {
  format: 1;
  model: 'insurance';
  trainedAt: string;
  /** The very source (SHA-256 of a file as it is stored), and what became of its rows. */
  data: Provenance;
  /** Every fifth row is held back. */
  rows: { training: number; validation: number };
  parameters: { ridge: number };
  imputation: Imputation;
  /** In the units of the terms, USD a year: the intercept is the charge where every term is 0. */
  coefficients: { intercept: number; terms: Record<string, number> };
  /** On the rows held back, of this model and of least squares without interactions, and by sub-population. */
  validation: { all: Figures; withoutInteractions: Figures; smokers: Figures; others: Figures };
  /** One thread of the machine that trained, in microseconds a row. */
  cost: { batch1: number; batch32: number };
  baseline: { rows: number };
}
