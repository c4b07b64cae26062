import type { Moment, RecommendationUseCase } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import {
  applyRules,
  basketTensors,
  type Circumstances,
  type CompiledRules,
  differentItems,
  type Item,
  namesItems,
  noRules,
  rulesBefore,
  segmentsIn,
  Situation,
} from '@vinaigrette/serving';
import type { AskModels, Asked } from './ask-models.js';
import type { ConfigurationInForce } from './configuration-in-force.js';
import { chooseLast, chooseModelItems, choosePrecomputed, versionsToShow, type Choice } from './domain/choose-items.js';
import type { Ruled } from './domain/compare-shadow.js';
import { noAnswerProblem, type ModelAnswer } from './domain/model-answer.js';
import { precomputedBudgetMs } from './domain/ladder.js';
import { HOLDOUT, type Route } from './domain/route.js';
import { servedBy, type ServedBy } from './domain/served-by.js';
import type { GatherCircumstances, NamedCustomer } from './gather-circumstances.js';
import type { PrecomputedAnswers } from './precomputed-answers.js';

/** The document that is followed where a request names none. */
export const RECOMMENDATIONS = 'recommendations';

export interface RecommendationRequest {
  /** At most 1,000 different SKUs; repeated ones count once. */
  basket: readonly string[];
  customer?: NamedCustomer | undefined;
  context?: { moment?: Moment | undefined; market?: string | undefined; channel?: string | undefined } | undefined;
  limit?: number | undefined;
  /** Event time, milliseconds since the epoch; absent: now. */
  occurredAtMs?: number | undefined;
}

export interface Recommendation {
  predictionId: string;
  items: Item[];
  servedBy: ServedBy;
  /** Set: a batch gave this answer. */
  precomputed?: { version: number; scoredAt: string };
}

/** What else might a customer with this basket want? */
export class Recommend {
  constructor(
    private readonly configuration: ConfigurationInForce,
    private readonly models: AskModels,
    private readonly shop: GatherCircumstances,
    private readonly precomputed: PrecomputedAnswers,
    private readonly newId: () => string,
  ) {}

  /** Throws REFUSED_BY_RULE, or a Problem when neither the model nor any rung of the ladder can answer; that is logged as well. */
  async answer(name: string, request: RecommendationRequest): Promise<Recommendation> {
    const [startedMs, predictionId] = [performance.now(), this.newId()];
    const wanted = this.configuration.recommendation(name);
    const { limit, budgetMs } = wanted.document;
    if (request.limit !== undefined && request.limit > limit.max) {
      throw new Problem('BODY_INVALID', `limit is at most ${limit.max}, not ${request.limit}`, { field: 'limit' });
    }
    const { context, customer, occurredAtMs = Date.now() } = request;
    const basket = differentItems(request.basket);
    const said = { context, customer, basket, nowMs: occurredAtMs };
    const circumstances = await this.shop.of(wanted.document, said, budgetMs);
    const segments = segmentsIn(wanted.expressions, circumstances);
    const asker = { unit: customer?.id ?? predictionId, predictionId, segments };
    const route = this.models.route(wanted, asker);
    const { useCase } = route;
    const rules = useCase.ruleSet?.rules ?? noRules;
    const situation = new Situation(rules, circumstances);
    const before = rulesBefore(rules, situation);
    const told = before.fired.map(({ rule }) => rule);
    if (before.refusal !== undefined) {
      this.models.refuse(route, asker, before.refusal, startedMs, { occurredAtMs, fired: told });
      throw new Problem('REFUSED_BY_RULE', before.refusal);
    }
    const seen = basket.filter((sku) => !before.maskedSkus.has(sku));
    const inputs = basketTensors(seen);
    const question = { inputsOf: () => inputs, check: asRecommender };
    const asked = await this.models.ask(route, asker, question, startedMs);
    const choice = await this.choose(asked, basket, customer?.id);
    const { items: offered, scored, fallback } = choice;
    const leftMs = budgetMs - (performance.now() - startedMs);
    situation.catalogue = await this.shop.catalogue(useCase.document, skusOf(offered, rules), leftMs);
    const { items, fired } = applyRules(rules, offered ?? [], situation, scored);
    const shown = offered ? items.slice(0, request.limit ?? limit.default) : [];
    this.models.settle(asked, {
      occurredAtMs,
      fallback,
      shown: shown.map(({ sku }) => sku),
      fired: [...told, ...fired.map(({ rule }) => rule)],
    });
    this.models.tryRules(asked, occurredAtMs, (others) => this.ruledBy(others, circumstances, choice, asked, request));
    if (!offered) throw noAnswerProblem(useCase.document.model, asked.answer);
    return {
      predictionId,
      items: shown,
      servedBy: servedBy(route, asked, fallback ?? asked.rung),
      ...precomputedBy(choice),
    };
  }

  /** The model's items, or the next rung's, before the rules. */
  private async choose(asked: Asked, basket: readonly string[], customer: string | undefined): Promise<Choice> {
    const { answer, startedMs } = asked;
    const route = asked.route as Route<RecommendationUseCase>;
    const { document } = route.useCase;
    const named = chooseModelItems(answer, basket);
    if (named) return named;
    const budgetMs = Math.min(precomputedBudgetMs(document), document.budgetMs - (performance.now() - startedMs));
    if (document.precomputed && budgetMs > 0 && customer !== undefined && route.variant !== HOLDOUT) {
      const found = await this.precomputed.of(document.precomputed, customer, versionsToShow(route), budgetMs);
      const chosen = choosePrecomputed(found, basket);
      if (chosen) return chosen;
    }
    return chooseLast(route.useCase, route, answer, basket);
  }

  /** What other rules would make of what is offered. */
  private async ruledBy(
    rules: CompiledRules,
    circumstances: Circumstances,
    { items: offered = [], scored }: Choice,
    { route }: Asked,
    { limit }: RecommendationRequest,
  ): Promise<Ruled> {
    const { document } = (route as Route<RecommendationUseCase>).useCase;
    const situation = new Situation(rules, circumstances);
    const { refusal, fired: before } = rulesBefore(rules, situation);
    const told = before.map(({ rule }) => rule);
    if (refusal !== undefined) return { shown: [], outputs: {}, fired: told };
    situation.catalogue = await this.shop.catalogue(document, skusOf(offered, rules), document.budgetMs);
    const { items, fired } = applyRules(rules, offered, situation, scored);
    const shown = items.slice(0, limit ?? document.limit.default).map(({ sku }) => sku);
    return { shown, outputs: {}, fired: [...told, ...fired.map(({ rule }) => rule)] };
  }
}

/** Which version answered beforehand, and when; nothing where none did. */
export function precomputedBy({ precomputed }: Choice): Pick<Recommendation, 'precomputed'> {
  if (!precomputed) return {};
  return { precomputed: { version: precomputed.version, scoredAt: new Date(precomputed.scoredAtMs).toISOString() } };
}

/** What the rules may want to know more of: the items offered, and those the shop pins. */
export function skusOf(items: readonly Item[] | undefined, rules: CompiledRules): string[] {
  return [...(items ?? []).map(({ sku }) => sku), ...rules.pinned];
}

/** An answer in tensors nobody can recommend from is none. */
function asRecommender(answer: ModelAnswer): ModelAnswer {
  if (!answer.ok || namesItems(answer.outputs)) return answer;
  return {
    ok: false,
    reason: 'failed',
    why: `version ${answer.version} did not answer with \`skus\` and \`confidence\``,
  };
}
