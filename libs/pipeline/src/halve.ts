import type { Candidate } from './search-space.js';

/** What a candidate was worth on a share of the training rows. */
export interface Trial {
  /** Place of the candidate, from 0. */
  number: number;
  candidate: Candidate;
  /** Share of the training rows it learned from, above 0 and at most 1. */
  share: number;
  /** Higher is better; NaN where it could not be trained. */
  score: number;
  /** Why it could not. */
  failure?: string | undefined;
}

/** After each round one in so many goes on. */
const KEPT_OF = 3;
/** With fewer candidates than this nothing is gained by rounds. */
const ROUNDS_FROM = 4;

/**
 * The shares of the training rows of each round of successive halving (Jamieson and Talwalkar, AISTATS 2016): a third of
 * the candidates goes on to three times the rows, and the last round has them all.
 */
export function sharesOf(candidates: number): number[] {
  if (candidates < ROUNDS_FROM) return [1];
  const rounds = Math.min(3, 1 + Math.floor(Math.log(candidates) / Math.log(KEPT_OF)));
  return Array.from({ length: rounds }, (_, round) => KEPT_OF ** (round + 1 - rounds));
}

/** The trials of a round whose candidates go on: the best third, at least one. Equal scores go by place. */
export function survivorsOf(trials: readonly Trial[]): Trial[] {
  return ranked(trials).slice(0, Math.max(1, Math.floor(trials.length / KEPT_OF)));
}

/** Best first; what could not be trained is left out. */
export function ranked(trials: readonly Trial[]): Trial[] {
  return trials.filter(({ score }) => !Number.isNaN(score)).sort((a, b) => b.score - a.score || a.number - b.number);
}
