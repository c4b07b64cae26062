import type { Moment, RecommendationUseCase } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import type { AskModels, Asked } from './ask-models.js';
import type { ConfigurationInForce } from './configuration-in-force.js';
import { applyRules, type Fired, type Item } from './domain/apply-rules.js';
import { basketTensors, bestSellingItems, differentItems, recommendedItems } from './domain/basket.js';
import { noRules } from './domain/compile-rules.js';
import type { ReadyUseCase } from './domain/configuration.js';
import { noAnswerProblem, type ModelAnswer } from './domain/model-answer.js';
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
    const useCase = this.configuration.recommendation(RECOMMENDATIONS);
    const { model, alias, budgetMs, limit } = useCase.document;
    if (request.limit !== undefined && request.limit > limit.max) {
      throw new Problem('BODY_INVALID', `limit is at most ${limit.max}, not ${request.limit}`, { field: 'limit' });
    }
    const basket = differentItems(request.basket);
    const inputs = basketTensors(basket);
    const answer = asRecommender(await this.models.ask({ model, alias, inputs, budgetMs }), basket);
    const { items, fallback, fired } = this.choose(useCase, basket, answer, request);
    const shown = items?.slice(0, request.limit ?? limit.default) ?? [];
    this.log.predicted(
      predictionRecord({
        predictionId,
        occurredAtMs: request.occurredAtMs ?? Date.now(),
        unit: request.customer?.id ?? predictionId,
        useCase,
        inputs,
        answer,
        fallback,
        shown: shown.map(({ sku }) => sku),
        fired,
        latencyUs: (performance.now() - startedMs) * 1_000,
      }),
    );
    if (!items) throw noAnswerProblem(model, answer as Extract<ModelAnswer, { ok: false }>);
    return { predictionId, items: shown, servedBy: servedBy(useCase, answer, fallback) };
  }

  /** The model's items, or the next rung's; undefined when no rung is left. */
  private choose(
    useCase: ReadyUseCase<RecommendationUseCase>,
    basket: readonly string[],
    answer: ModelAnswer,
    { context, customer, occurredAtMs = Date.now() }: RecommendationRequest,
  ): Choice {
    const rules = useCase.ruleSet?.rules ?? noRules;
    const situation = new Situation(rules, { context, customer, basket, nowMs: occurredAtMs });
    const recommended = answer.ok ? (recommendedItems(answer.outputs, basket) ?? []) : [];
    if (recommended.length > 0) return { ...applyRules(rules, recommended, situation, true), fallback: undefined };
    const reason: NoAnswer | 'no-items' = answer.ok ? 'no-items' : answer.reason;
    const { bestSellers } = answeringVersion(useCase, answer);
    if (!useCase.document.fallback.includes('best-sellers') || bestSellers.length === 0) {
      return { items: answer.ok ? [] : undefined, fired: [], fallback: undefined };
    }
    this.meters.fellBack(useCase.name, reason);
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

function answeringVersion(useCase: ReadyUseCase, answer: ModelAnswer): KnownVersion {
  return (answer.ok ? useCase.versions.get(answer.version) : undefined) ?? useCase.wanted;
}
