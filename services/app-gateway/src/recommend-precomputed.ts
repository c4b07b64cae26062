import { Problem } from '@vinaigrette/problems';
import { applyRules, noRules, rulesBefore, segmentsIn, Situation } from '@vinaigrette/serving';
import type { AskModels } from './ask-models.js';
import type { ConfigurationInForce } from './configuration-in-force.js';
import { chooseLast, choosePrecomputed, versionsToShow } from './domain/choose-items.js';
import type { ModelAnswer } from './domain/model-answer.js';
import { HOLDOUT } from './domain/route.js';
import { servedBy } from './domain/served-by.js';
import type { GatherCircumstances } from './gather-circumstances.js';
import type { PrecomputedAnswers } from './precomputed-answers.js';
import { precomputedBy, skusOf, type Recommendation, type RecommendationRequest } from './recommend.js';

/** No model is asked, and none is to blame. */
const unasked: ModelAnswer = { ok: false, reason: 'failed', why: 'no precomputed answer, and no rung below' };

/** What would this customer like, as far as a batch has said? */
export class RecommendPrecomputed {
  constructor(
    private readonly configuration: ConfigurationInForce,
    private readonly models: AskModels,
    private readonly shop: GatherCircumstances,
    private readonly precomputed: PrecomputedAnswers,
    private readonly newId: () => string,
  ) {}

  /** Throws REFUSED_BY_RULE, or PRECOMPUTED_MISSING when there is nothing for the customer and no rung below. */
  async answer(
    useCase: string,
    customer: string,
    { context, limit: wish }: Pick<RecommendationRequest, 'context' | 'limit'>,
  ): Promise<Recommendation> {
    const [startedMs, occurredAtMs, predictionId] = [performance.now(), Date.now(), this.newId()];
    const wanted = this.configuration.recommendation(useCase);
    const { document, expressions } = wanted;
    if (wish !== undefined && wish > document.limit.max) {
      throw new Problem('QUERY_INVALID', `limit is at most ${document.limit.max}, not ${wish}`, { field: 'limit' });
    }
    const { precomputed: source, budgetMs, rungBudgetsMs } = document;
    if (!source) throw new Problem('PRECOMPUTED_MISSING', `The use case ${wanted.name} names no table of answers`);
    const leftMs = () => budgetMs - (performance.now() - startedMs);
    const said = { context, customer: { id: customer }, basket: [], nowMs: occurredAtMs };
    const circumstances = await this.shop.of(document, said, budgetMs);
    const segments = segmentsIn(expressions, circumstances);
    const asker = { unit: customer, predictionId, segments };
    const route = this.models.route(wanted, asker);
    const rules = route.useCase.ruleSet?.rules ?? noRules;
    const situation = new Situation(rules, circumstances);
    const before = rulesBefore(rules, situation);
    const told = before.fired.map(({ rule }) => rule);
    if (before.refusal !== undefined) {
      this.models.refuse(route, asker, before.refusal, startedMs, { occurredAtMs, fired: told });
      throw new Problem('REFUSED_BY_RULE', before.refusal);
    }
    const heldOut = route.variant === HOLDOUT;
    const found = heldOut
      ? undefined
      : await this.precomputed.of(
          source,
          customer,
          versionsToShow(route),
          Math.min(leftMs(), rungBudgetsMs.precomputed ?? budgetMs),
        );
    const choice = choosePrecomputed(found, []) ?? chooseLast(route.useCase, route, unasked, []);
    situation.catalogue = await this.shop.catalogue(route.useCase.document, skusOf(choice.items, rules), leftMs());
    const { items, fired } = applyRules(rules, choice.items ?? [], situation, choice.scored);
    const shown = choice.items ? items.slice(0, wish ?? document.limit.default) : [];
    const answer: ModelAnswer = found ? { ok: true, version: found.version, outputs: {} } : unasked;
    this.models.note(route, asker, answer, startedMs, {
      occurredAtMs,
      fallback: choice.fallback,
      shown: shown.map(({ sku }) => sku),
      fired: [...told, ...fired.map(({ rule }) => rule)],
    });
    if (!choice.items) throw new Problem('PRECOMPUTED_MISSING', `There is no answer for the customer ${customer}`);
    const by = servedBy(route, { asked: route.useCase.wanted, answer }, choice.fallback);
    return { predictionId, items: shown, servedBy: by, ...precomputedBy(choice) };
  }
}
