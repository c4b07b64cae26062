import { Problem, type ProblemCode } from '@vinaigrette/problems';
import type { Tensor } from '@vinaigrette/signature';

/**
 * Why a model gave no answer. `circuit-open`: it was not asked, since it lately did not answer; `held-out`: it was not,
 * since the unit is one of those that never get a model's answer.
 */
export type NoAnswer = 'timeout' | 'unavailable' | 'circuit-open' | 'not-ready' | 'refused' | 'failed' | 'held-out';

/** What came of asking a model: never an exception, since there is a next rung. */
export type ModelAnswer =
  { ok: true; version: number; outputs: Record<string, Tensor> } | { ok: false; reason: NoAnswer; why: string };

const codes: Record<NoAnswer, ProblemCode> = {
  timeout: 'PREDICTION_TIMEOUT',
  unavailable: 'UPSTREAM_UNAVAILABLE',
  'circuit-open': 'UPSTREAM_UNAVAILABLE',
  'not-ready': 'MODEL_NOT_READY',
  refused: 'MODEL_NOT_READY', // the values fitted the signature we know: the server's is another one just now
  failed: 'UPSTREAM_UNAVAILABLE',
  'held-out': 'UPSTREAM_UNAVAILABLE',
};

/** What a caller is told when no rung is left. */
export function noAnswerProblem(model: string, answer: ModelAnswer): Problem {
  const { reason, why } = answer.ok ? { reason: 'failed' as const, why: 'its answer cannot be used' } : answer;
  return new Problem(codes[reason], `The model ${model} gave no answer (${reason}): ${why}`);
}
