import type { KnownVersion } from '@vinaigrette/serving';
import type { ModelAnswer } from './model-answer.js';
import type { Route } from './route.js';

/** Everything with a version that decided an answer. */
export interface ServedBy {
  useCase: string;
  useCaseVersion: number;
  model: string;
  version: number;
  variant: string;
  ruleSet: { name: string; version: number } | null;
  fallback: string | null;
}

/** When no model gave an answer, `version` is the one that was asked. */
export function servedBy(
  { useCase, variant }: Pick<Route, 'useCase' | 'variant'>,
  { asked, answer }: { asked: KnownVersion; answer: ModelAnswer },
  fallback: string | undefined,
): ServedBy {
  const { name, version, ruleSet } = useCase;
  return {
    useCase: name,
    useCaseVersion: version,
    model: asked.model,
    version: answer.ok ? answer.version : asked.version,
    variant,
    ruleSet: ruleSet ? { name: ruleSet.name, version: ruleSet.version } : null,
    fallback: fallback ?? null,
  };
}
