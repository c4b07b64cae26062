import type { ReadyUseCase } from './configuration.js';
import type { ModelAnswer } from './model-answer.js';

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

/** When the model gave no answer, `version` is the one that was asked. */
export function servedBy(useCase: ReadyUseCase, answer: ModelAnswer, fallback: string | undefined): ServedBy {
  const { name, version, ruleSet, wanted, document } = useCase;
  return {
    useCase: name,
    useCaseVersion: version,
    model: wanted.model,
    version: answer.ok ? answer.version : wanted.version,
    variant: document.alias,
    ruleSet: ruleSet ? { name: ruleSet.name, version: ruleSet.version } : null,
    fallback: fallback ?? null,
  };
}
