import type { KnownVersion, Tensors } from '@vinaigrette/serving';
import { AnswerCache, questionKey } from './domain/answer-cache.js';
import { modelRungs, precomputedBudgetMs, rungBudgetMs } from './domain/ladder.js';
import type { ModelAnswer } from './domain/model-answer.js';
import type { Route } from './domain/route.js';
import type { Models } from './models.js';

/** The rung that repeats what was answered to the same question before. */
export const CACHED = 'cached';

/** What the model rungs of the ladder came to. */
export interface LadderAnswer {
  /** The version asked first. */
  asked: KnownVersion;
  /** Of the version asked first: what the guard and the log judge it by. */
  first: ModelAnswer;
  /** How long the version asked first took, in milliseconds. */
  firstMs: number;
  /** Of the first rung that answered; when none did, `first`. */
  answer: ModelAnswer;
  /** The rung that answered in place of the first; undefined: the first did, or none. */
  rung: 'champion' | 'previous' | typeof CACHED | undefined;
  /** The inputs the version asked first was sent; undefined: they could not be made for it. */
  inputs: Tensors | undefined;
}

/** The question, as each version wants it and as each answer is held to. */
export interface LadderQuestion {
  /** One row of the inputs a version takes; may throw for a candidate that takes others than the champion. */
  inputsOf(version: KnownVersion): Tensors;
  /** The answer, or why it is none that can be used. */
  check(answer: ModelAnswer): ModelAnswer;
}

/** Goes down the ladder: the version drawn, the champion, the one before, and what was answered before. */
export class AnswerLadder {
  private readonly cache = new AnswerCache({ answersMax: 10_000, ageMsMax: 600_000 });

  constructor(private readonly models: Models) {}

  /**
   * `startedMs`: on the clock of performance.now(). Never later than the use case's budget, less what is kept for
   * precomputed answers; never throws.
   */
  async climbDown(route: Route, question: LadderQuestion, startedMs: number): Promise<LadderAnswer> {
    const { document, name } = route.useCase;
    const endMs = startedMs + document.budgetMs - precomputedBudgetMs(document);
    const rungs = modelRungs(route);
    const caches = remembers(route);
    let first: Pick<LadderAnswer, 'first' | 'firstMs' | 'inputs'> | undefined;
    for (const [at, rung] of rungs.entries()) {
      const nowMs = performance.now();
      if (first && endMs - nowMs < 1) break;
      const { model } = document;
      const deadlineMs = nowMs + rungBudgetMs(endMs - nowMs, rung, rungs.length - 1 - at);
      const inputs = madeFor(rung.known, question);
      const answer = inputs.ok
        ? question.check(await this.models.ask({ model, version: rung.version, inputs: inputs.tensors, deadlineMs }))
        : inputs.answer;
      first ??= {
        first: answer,
        firstMs: performance.now() - nowMs,
        inputs: inputs.ok ? inputs.tensors : undefined,
      };
      if (!answer.ok) continue;
      if (caches && inputs.ok) {
        const { version, outputs } = answer;
        this.cache.keep(questionKey(name, inputs.tensors), { version, outputs, atMs: performance.now() });
      }
      return { ...first, asked: rungs[0]!.known, answer, rung: rung.name };
    }
    const told = { ...first!, asked: rungs[0]!.known, answer: first!.first, rung: undefined };
    const inputs = caches ? madeFor(route.useCase.wanted, question) : undefined;
    if (!inputs?.ok) return told;
    const remembered = this.cache.recall(questionKey(name, inputs.tensors), performance.now());
    if (!remembered) return told;
    const answer: ModelAnswer = { ok: true, version: remembered.version, outputs: { ...remembered.outputs } };
    return { ...told, answer, rung: CACHED };
  }
}

function remembers({ useCase: { document } }: Route): boolean {
  const rungs: readonly string[] =
    document.kind === 'recommendation' ? document.fallback : (document.fallback?.rungs ?? []);
  return rungs.includes(CACHED);
}

function madeFor(
  version: KnownVersion,
  question: LadderQuestion,
): { ok: true; tensors: Tensors } | { ok: false; answer: ModelAnswer } {
  try {
    return { ok: true, tensors: question.inputsOf(version) };
  } catch (error) {
    return { ok: false, answer: { ok: false, reason: 'refused', why: (error as Error).message } };
  }
}
