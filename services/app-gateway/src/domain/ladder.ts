import type { UseCase } from '@vinaigrette/documents';
import type { KnownVersion } from '@vinaigrette/serving';
import type { Route } from './route.js';

/** A model version to ask. */
export interface ModelRung {
  /** undefined: the version that was drawn. */
  name: 'champion' | 'previous' | undefined;
  known: KnownVersion;
  /** As the model server is asked: an alias or a number. */
  version: string;
  /** Longest this rung may take, in milliseconds; undefined: its part of what is left. */
  budgetMs: number | undefined;
}

/**
 * The versions that are asked one after the other: the one drawn, the champion when that was another, the one before.
 * A candidate that does not answer is always followed by the champion: a trial takes nothing away.
 */
export function modelRungs({ useCase, candidate }: Route): ModelRung[] {
  const { document, wanted, previous } = useCase;
  const named: readonly string[] =
    document.kind === 'recommendation' ? document.fallback : (document.fallback?.rungs ?? []);
  const budgets: Readonly<Record<string, number | undefined>> = document.rungBudgetsMs;
  const rung = (name: ModelRung['name'], known: KnownVersion, version: string): ModelRung => ({
    name,
    known,
    version,
    budgetMs: name && budgets[name],
  });
  const rungs = candidate
    ? [rung(undefined, candidate, String(candidate.version)), rung('champion', wanted, document.alias)]
    : [rung(undefined, wanted, document.alias)];
  if (named.includes('previous') && previous) rungs.push(rung('previous', previous, String(previous.version)));
  return rungs;
}

/** How long a precomputed answer may take where the document does not say, in milliseconds. */
const PRECOMPUTED_MS = 20;

/** The part of a use case's budget that is kept for precomputed answers, in milliseconds. */
export function precomputedBudgetMs(document: UseCase): number {
  if (document.kind !== 'recommendation' || !document.fallback.includes('precomputed')) return 0;
  return Math.min(document.rungBudgetsMs.precomputed ?? PRECOMPUTED_MS, document.budgetMs);
}

/** The part of the time left that a model may use while another one could still be asked. */
const FIRST_SHARE = 0.6;

/** How long a rung may take of what is left, in milliseconds, with so many rungs below it that take time as well. */
export function rungBudgetMs(leftMs: number, { budgetMs }: Pick<ModelRung, 'budgetMs'>, below: number): number {
  if (budgetMs !== undefined) return Math.min(budgetMs, leftMs);
  return below === 0 ? leftMs : leftMs * FIRST_SHARE;
}
