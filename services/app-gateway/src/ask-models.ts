import type { UseCase } from '@vinaigrette/documents';
import type { AnswerLadder, LadderAnswer, LadderQuestion } from './answer-ladder.js';
import type { AskShadows } from './ask-shadows.js';
import type { ReadyUseCase } from './domain/configuration.js';
import type { Hash } from './domain/field-policies.js';
import type { ModelAnswer } from './domain/model-answer.js';
import { predictionRecord } from './domain/prediction-record.js';
import { SLOW_SHARE } from './domain/rollout-counts.js';
import { HOLDOUT, routeOf, type Asker, type Route } from './domain/route.js';
import type { GuardRollouts } from './guard-rollouts.js';
import type { Meters } from './meters.js';
import type { PredictionLog } from './prediction-log.js';
import type { Answered, ShadowRules } from './shadow-rules.js';

/** What the models said to one request, on the way to its answer. */
export interface Asked extends LadderAnswer {
  route: Route;
  asker: Asker;
  question: LadderQuestion;
  /** On the clock of performance.now(). */
  startedMs: number;
}

/** How a request ended. */
export interface Ending {
  /** Milliseconds since the epoch. */
  occurredAtMs: number;
  /** The rung below the models that answered; undefined: none was needed, or none is left. */
  fallback: string | undefined;
  shown: readonly string[];
  /** Ids of the rules that fired. */
  fired: readonly string[];
}

/** Routes requests, asks the models down the ladder, and keeps the books: one record each, both sides of every trial. */
export class AskModels {
  constructor(
    private readonly ladder: AnswerLadder,
    private readonly shadows: AskShadows,
    private readonly shadowRules: ShadowRules,
    private readonly guard: GuardRollouts,
    private readonly log: PredictionLog,
    private readonly meters: Meters,
    private readonly hash: Hash,
  ) {}

  /** Who would answer; nothing is asked or counted. */
  route<T extends UseCase>(useCase: ReadyUseCase<T>, asker: Asker): Route<T> {
    return routeOf(useCase, asker, this.guard.ejected);
  }

  /** Never throws for a model's sake, and never takes longer than the use case's budget from `startedMs` on. */
  async ask(route: Route, asker: Asker, question: LadderQuestion, startedMs: number): Promise<Asked> {
    const answered =
      route.variant === HOLDOUT ? heldOut(route, question) : await this.ladder.climbDown(route, question, startedMs);
    return { ...answered, route, asker, question, startedMs };
  }

  /** Writes the record of a request that a rule refused: no model was asked, and no side of a trial is to blame. */
  refuse(
    route: Route,
    asker: Asker,
    why: string,
    startedMs: number,
    ending: Pick<Ending, 'occurredAtMs' | 'fired'>,
  ): void {
    const answer = { ok: false, reason: 'refused', why } as const;
    this.note(route, asker, answer, startedMs, { ...ending, fallback: undefined, shown: [] });
  }

  /** Writes the record of a request that a precomputed answer, or a rung below, was for: no model was asked. */
  note(route: Route, asker: Asker, answer: ModelAnswer, startedMs: number, ending: Ending): void {
    const { useCase, variant, propensity, rolloutId } = route;
    const latencyUs = (performance.now() - startedMs) * 1_000;
    const asked = { asked: useCase.wanted, inputs: undefined, answer };
    const happened = { asker, route: { useCase, variant, propensity, rolloutId }, ...asked, ...ending, latencyUs };
    this.log.predicted(predictionRecord(happened, this.hash));
  }

  /** Writes the record before the answer leaves, counts, and sends copies to the shadows. */
  settle(asked: Asked, { occurredAtMs, fallback: last, shown, fired }: Ending): void {
    const { route, asker, first, firstMs, inputs } = asked;
    const fallback = last ?? asked.rung;
    const latencyUs = (performance.now() - asked.startedMs) * 1_000;
    this.log.predicted(
      predictionRecord(
        { asker, route, occurredAtMs, asked: asked.asked, inputs, answer: first, fallback, shown, fired, latencyUs },
        this.hash,
      ),
    );
    const { document, name } = route.useCase;
    if (fallback !== undefined) this.meters.fellBack(name, first.ok ? 'no-items' : first.reason, fallback);
    // A candidate that is still being loaded has done nothing wrong; meanwhile the champion answers.
    const onTheWay = !first.ok && first.reason === 'not-ready';
    if (route.drawn.length > 0 && !onTheWay) {
      const slow = first.ok && firstMs > SLOW_SHARE * document.budgetMs;
      this.guard.count(route.drawn, asker.unit, { error: !first.ok, fallback: fallback !== undefined, slow });
      if (document.success) this.guard.await(asker.predictionId, route.drawn, document.success);
    }
    if (route.shadows.length > 0) {
      const { inputsOf } = asked.question;
      this.shadows.offer({ route, asker, occurredAtMs, inputsOf, answer: first, answerMs: firstMs });
    }
  }

  /** Holds the rules that are on trial as shadows against the same answer, once it has left. */
  tryRules(asked: Asked, occurredAtMs: number, ruledBy: Answered['ruledBy']): void {
    if (asked.route.ruleShadows.length > 0) this.shadowRules.offer({ ...asked, occurredAtMs, ruledBy });
  }
}

/** The unit gets no model's answer, and its inputs are logged as everybody's. */
function heldOut({ useCase: { wanted } }: Route, question: LadderQuestion): LadderAnswer {
  const first = { ok: false, reason: 'held-out', why: 'the unit is in the holdout' } as const;
  return { asked: wanted, first, firstMs: 0, answer: first, rung: undefined, inputs: question.inputsOf(wanted) };
}
