import type { Moment, RecommendationUseCase } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import type { AskModels, Asked } from './ask-models.js';
import type { ConfigurationInForce } from './configuration-in-force.js';
import { applyRules, type Fired, type Item } from './domain/apply-rules.js';
import { basketTensors, bestSellingItems, differentItems, recommendedItems } from './domain/basket.js';
import { noRules } from './domain/compile-rules.js';
import type { ReadyUseCase } from './domain/configuration.js';
import { noAnswerProblem, type ModelAnswer } from './domain/model-answer.js';
import { HOLDOUT, NOTHING } from './domain/route.js';
import { servedBy, type ServedBy } from './domain/served-by.js';
import { Situation } from './domain/situation.js';

/** The document that POST /v1/recommendations follows. */
export const RECOMMENDATIONS = 'recommendations';

export interface RecommendationRequest {
  /** At most 1,000 different SKUs; repeated ones count once. */
  basket: readonly string[];
  customer?: { id: string } | undefined;
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
    private readonly newId: () => string,
  ) {}

  /** Throws a Problem only when neither the model nor any rung of the ladder can answer; that is logged as well. */
  async answer(request: RecommendationRequest): Promise<Recommendation> {
    const [startedMs, predictionId] = [performance.now(), this.newId()];
    const wanted = this.configuration.recommendation(RECOMMENDATIONS);
    const asker = { unit: request.customer?.id ?? predictionId, predictionId, segments: [] };
    const route = this.models.route(wanted, asker);
    const { useCase } = route;
    const { model, limit } = useCase.document;
    if (request.limit !== undefined && request.limit > limit.max) {
      throw new Problem('BODY_INVALID', `limit is at most ${limit.max}, not ${request.limit}`, { field: 'limit' });
    }
    const basket = differentItems(request.basket);
    const inputs = basketTensors(basket);
    const question = { inputsOf: () => inputs, check: (answer: ModelAnswer) => asRecommender(answer, basket) };
    const asked = await this.models.ask(route, asker, question, startedMs);
    const { items, fallback, fired } = this.choose(useCase, basket, asked, request);
    const shown = items?.slice(0, request.limit ?? limit.default) ?? [];
    this.models.settle(asked, {
      occurredAtMs: request.occurredAtMs ?? Date.now(),
      fallback,
      shown: shown.map(({ sku }) => sku),
      fired: fired.map(({ rule }) => rule),
    });
    if (!items) throw noAnswerProblem(model, asked.answer);
    return { predictionId, items: shown, servedBy: servedBy(route, asked, fallback ?? asked.rung) };
  }

  /** The model's items, or the next rung's; undefined when no rung is left. */
  private choose(
    { document, ruleSet, versions, wanted }: ReadyUseCase<RecommendationUseCase>,
    basket: readonly string[],
    { answer, route }: Asked,
    { context, customer, occurredAtMs = Date.now() }: RecommendationRequest,
  ): Choice {
    const rules = ruleSet?.rules ?? noRules;
    const situation = new Situation(rules, { context, customer, basket, nowMs: occurredAtMs });
    const recommended = answer.ok ? (recommendedItems(answer.outputs, basket) ?? []) : [];
    if (recommended.length > 0) return { ...applyRules(rules, recommended, situation, true), fallback: undefined };
    const heldOut = route.variant === HOLDOUT;
    if (heldOut && document.holdout?.answer === 'nothing') return { items: [], fired: [], fallback: NOTHING };
    const { bestSellers } = (answer.ok ? versions.get(answer.version) : undefined) ?? wanted;
    if (bestSellers.length === 0 || !(heldOut || document.fallback.includes('best-sellers'))) {
      return { items: answer.ok || heldOut ? [] : undefined, fired: [], fallback: heldOut ? NOTHING : undefined };
    }
    const items = bestSellingItems(bestSellers, basket);
    return { ...applyRules(rules, items, situation, false), fallback: 'best-sellers' };
  }
}

interface Choice {
  items: Item[] | undefined;
  fired: Fired[];
  fallback: string | undefined;
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
