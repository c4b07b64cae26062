import type { Moment, RecommendationUseCase } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import {
  applyRules,
  basketTensors,
  bestSellingItems,
  type CompiledRules,
  differentItems,
  type Item,
  noRules,
  recommendedItems,
  rulesBefore,
  scopeOf,
  segmentsOf,
  Situation,
} from '@vinaigrette/serving';
import type { AskModels, Asked } from './ask-models.js';
import type { ConfigurationInForce } from './configuration-in-force.js';
import type { ReadyUseCase } from './domain/configuration.js';
import { noAnswerProblem, type ModelAnswer } from './domain/model-answer.js';
import { HOLDOUT, NOTHING } from './domain/route.js';
import { servedBy, type ServedBy } from './domain/served-by.js';
import type { GatherCircumstances, NamedCustomer } from './gather-circumstances.js';

/** The document that POST /v1/recommendations follows. */
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
}

/** What else might a customer with this basket want? */
export class Recommend {
  constructor(
    private readonly configuration: ConfigurationInForce,
    private readonly models: AskModels,
    private readonly shop: GatherCircumstances,
    private readonly newId: () => string,
  ) {}

  /** Throws REFUSED_BY_RULE, or a Problem when neither the model nor any rung of the ladder can answer; that is logged as well. */
  async answer(request: RecommendationRequest): Promise<Recommendation> {
    const [startedMs, predictionId] = [performance.now(), this.newId()];
    const wanted = this.configuration.recommendation(RECOMMENDATIONS);
    const { limit, budgetMs } = wanted.document;
    if (request.limit !== undefined && request.limit > limit.max) {
      throw new Problem('BODY_INVALID', `limit is at most ${limit.max}, not ${request.limit}`, { field: 'limit' });
    }
    const { context, customer, occurredAtMs = Date.now() } = request;
    const basket = differentItems(request.basket);
    const said = { context, customer, basket, nowMs: occurredAtMs };
    const circumstances = await this.shop.of(wanted.document, said, budgetMs);
    const segments = segmentsOf(wanted.expressions, scopeOf(wanted.expressions.fields, circumstances));
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
    const question = { inputsOf: () => inputs, check: (answer: ModelAnswer) => asRecommender(answer, basket) };
    const asked = await this.models.ask(route, asker, question, startedMs);
    const { items: offered, scored, fallback } = this.choose(useCase, basket, asked);
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
    if (!offered) throw noAnswerProblem(useCase.document.model, asked.answer);
    return { predictionId, items: shown, servedBy: servedBy(route, asked, fallback ?? asked.rung) };
  }

  /** The model's items, or the next rung's, before the rules; undefined when no rung is left. */
  private choose(
    { document, versions, wanted }: ReadyUseCase<RecommendationUseCase>,
    basket: readonly string[],
    { answer, route }: Asked,
  ): Choice {
    const recommended = answer.ok ? (recommendedItems(answer.outputs, basket) ?? []) : [];
    if (recommended.length > 0) return { items: recommended, scored: true, fallback: undefined };
    const heldOut = route.variant === HOLDOUT;
    if (heldOut && document.holdout?.answer === 'nothing') return { items: [], scored: false, fallback: NOTHING };
    const { bestSellers } = (answer.ok ? versions.get(answer.version) : undefined) ?? wanted;
    if (bestSellers.length === 0 || !(heldOut || document.fallback.includes('best-sellers'))) {
      const items = answer.ok || heldOut ? [] : undefined;
      return { items, scored: false, fallback: heldOut ? NOTHING : undefined };
    }
    return { items: bestSellingItems(bestSellers, basket), scored: false, fallback: 'best-sellers' };
  }
}

interface Choice {
  items: Item[] | undefined;
  /** Whether the scores are a model's. */
  scored: boolean;
  fallback: string | undefined;
}

/** What the rules may want to know more of: the items offered, and those the shop pins. */
function skusOf(items: readonly Item[] | undefined, rules: CompiledRules): string[] {
  return [...(items ?? []).map(({ sku }) => sku), ...rules.pinned];
}

/** An answer in tensors nobody can recommend from is none. */
function asRecommender(answer: ModelAnswer, basket: readonly string[]): ModelAnswer {
  if (!answer.ok || recommendedItems(answer.outputs, basket)) return answer;
  return {
    ok: false,
    reason: 'failed',
    why: `version ${answer.version} did not answer with \`skus\` and \`confidence\``,
  };
}
