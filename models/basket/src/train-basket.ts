import { Problem } from '@vinaigrette/problems';
import { trainVersion, type Progress, type Provenance, type Recipe, type VersionOptions } from '@vinaigrette/training';
import { gatherSales, type Sales } from './adapters/read-sales.js';
import type { Card } from './card.js';
import { Baskets, type BasketColumns } from './domain/baskets.js';
import { bestSellersOf } from './domain/best-sellers.js';
import { holdBack, type Split } from './domain/hold-back.js';
import { judgeRecommender } from './domain/judge-recommender.js';
import { leastCount, mineItemsets } from './domain/mine-itemsets.js';
import { mineRules, type Rule } from './domain/mine-rules.js';
import { byItemCosine, byPopularity, byRules, type Recommender } from './domain/recommenders.js';
import { speakingRules } from './domain/speaking-rules.js';
import { choiceNames, parameters, type Parameters } from './parameters.js';
import { versionOfRules } from './version-of-rules.js';

const BEST_SELLERS = 1_000;
/** Questions a judgement is made on: more tell the figures no better. */
const QUESTIONS_MAX = 20_000;

export type TrainingOptions = VersionOptions<typeof parameters>;

/** Sales as the cache of steps gives them back: as plain values. */
type LoadedSales = Omit<Sales, 'baskets'> & { baskets: BasketColumns };

/** How versions of basket are made of sales. */
export const basketRecipe: Recipe<typeof parameters, LoadedSales, Card> = {
  model: 'basket',
  about: 'what goes with what from sales',
  parameters,
  loadParameters: choiceNames,
  load: gatherSales,
  train: versionOf,
  score: hitRateOf,
  scoredBy: 'hitRateAt5',
  reached: ({ heldBack }) => ({ metrics: { ...heldBack.recommenders.rules } }),
};

/**
 * Trains a version on sales and writes its files to `outDir`: model.onnx, signature.json, golden.json, baseline.json,
 * best-sellers.json, rules.json and, last, card.json, which it answers. Apart from the card's time and cost the same
 * sales and options give the same bytes.
 *
 * Throws what `trainVersion` throws, SALES_INVALID, ITEMSETS_TOO_MANY, RULES_NONE or RULES_TOO_MANY, before anything is
 * written.
 */
export async function trainBasket(given: TrainingOptions, progress?: Progress): Promise<Card> {
  const { card } = await trainVersion(basketRecipe, given, progress);
  return card;
}

async function versionOf(loaded: LoadedSales, options: Parameters, provenance: Provenance, progress: Progress) {
  const baskets = new Baskets(loaded.baskets);
  const { report } = loaded;
  const sales = { ...loaded, baskets };
  refuseEmpty(sales);
  progress(`read ${report.lines} lines: ${report.baskets} baskets of ${report.distinctSkus} SKUs`);
  const heldBack = judge(baskets, options);
  progress(`judged on ${heldBack.questions} held-back baskets, hit rate@5: ${hitRatesIn(heldBack)}`);
  const { itemsets, mined, rules } = mine(baskets, options);
  refuseUnserved(rules, options);
  progress(`mined ${itemsets.size} itemsets and ${mined.length} rules, ${rules.length} of them to be served`);

  const version = await versionOfRules(rules, options.policy, baskets);
  progress(`answered ${version.baseline.rows} baskets for the baseline`);
  const card: Card = {
    format: 1,
    model: 'basket',
    trainedAt: new Date().toISOString(),
    data: { ...provenance, format: options.format },
    sales: salesOf(sales),
    cleaning: report,
    parameters: parametersOf(options, baskets.length),
    mined: { itemsets: itemsets.size, itemsetsByLength: itemsets.sizes(), rules: mined.length },
    served: {
      rules: rules.length,
      items: new Set(rules.flatMap((rule) => [...rule.antecedent, rule.consequent])).size,
      recommendations: version.recommendations,
    },
    cost: version.cost,
    heldBack,
    baseline: { rows: version.baseline.rows, question: 'baskets of two SKUs or more, without the last' },
  };
  return {
    'model.onnx': version.onnx,
    'signature.json': version.signature,
    'golden.json': version.golden,
    'baseline.json': version.baseline,
    'best-sellers.json': { skus: bestSellersOf(baskets).slice(0, BEST_SELLERS) },
    'rules.json': { rules: rules.map((rule) => ({ ...rule, conviction: finiteOrNull(rule.conviction) })) },
    'card.json': card,
  };
}

function mine(baskets: Baskets, { minSupport, minConfidence, maxLength }: Parameters) {
  const itemsets = mineItemsets(baskets, { minSupport, maxLength });
  const mined = mineRules(itemsets, minConfidence);
  return { itemsets, mined, rules: speakingRules(mined) };
}

/** Hit rate@5 on the baskets sold last, of rules mined from a share of the others. */
function hitRateOf({ baskets }: LoadedSales, options: Parameters, share: number): number {
  const { train, heldBack } = holdBack(new Baskets(baskets), options.heldBackShare);
  const { rules } = mine(train.evenly(Math.ceil(train.length * share)), options);
  if (rules.length === 0 || rules.length > options.maxRules) throw new RangeError(`${rules.length} rules are found`);
  return (
    judgeRecommender(byRules(rules), heldBack.questions(QUESTIONS_MAX), bestSellersOf(train), train.length)
      .hitRateAt5 ?? NaN
  );
}

function judge(baskets: Baskets, options: Parameters): Card['heldBack'] {
  const { train, heldBack, heldBackFromMs }: Split = holdBack(baskets, options.heldBackShare);
  const { rules } = mine(train, options);
  const sold = bestSellersOf(train);
  const questions = heldBack.questions(QUESTIONS_MAX);
  const judged = (recommender: Recommender) => judgeRecommender(recommender, questions, sold, train.length);
  return {
    baskets: heldBack.length,
    from: isoOrNull(heldBackFromMs),
    questions: questions.length,
    rules: rules.length,
    recommenders: {
      rules: judged(byRules(rules)),
      bestSellers: judged(byPopularity(sold)),
      itemCosine: judged(byItemCosine(train)),
    },
  };
}

function hitRatesIn({ recommenders }: Card['heldBack']): string {
  const rates = Object.entries(recommenders).map(
    ([name, { hitRateAt5 }]) => `${name} ${hitRateAt5?.toFixed(4) ?? '-'}`,
  );
  return rates.join(', ');
}

function refuseEmpty({ baskets, report, window: { from, to } }: Sales): void {
  if (baskets.length > 0) return;
  const where = from === null && to === null ? '' : ` from ${from ?? 'the first'} to ${to ?? 'the last'}`;
  const message = `No basket is left of ${report.lines} lines${where}: ${report.outsideWindow} lie outside the window`;
  throw new Problem('SALES_INVALID', message, { field: from === null && to === null ? 'input' : 'from' });
}

function refuseUnserved(rules: readonly Rule[], { minSupport, minConfidence, maxRules }: Parameters): void {
  const asked = `support ${minSupport} and confidence ${minConfidence}`;
  if (rules.length === 0) throw new Problem('RULES_NONE', `No rule has ${asked}`, { field: 'minSupport' });
  if (rules.length > maxRules) {
    throw new Problem('RULES_TOO_MANY', `${rules.length} rules have ${asked}; the limit is ${maxRules}`, {
      field: 'maxRules',
    });
  }
}

function salesOf({ baskets, window }: Sales): Card['sales'] {
  let [first, last] = [Infinity, -Infinity];
  for (const soldAtMs of baskets.soldAtMs) {
    if (soldAtMs < first) first = soldAtMs;
    if (soldAtMs > last) last = soldAtMs;
  }
  return { ...window, first: isoOrNull(first), last: isoOrNull(last) };
}

function parametersOf(options: Parameters, baskets: number): Card['parameters'] {
  const { policy, minSupport, minConfidence, maxLength = null, maxRules, heldBackShare } = options;
  const minBaskets = leastCount(minSupport, baskets);
  return { policy, minSupport, minBaskets, minConfidence, maxLength, maxRules, heldBackShare };
}

const finiteOrNull = (number: number) => (Number.isFinite(number) ? number : null);
const isoOrNull = (ms: number | undefined) => (Number.isFinite(ms) ? new Date(ms as number).toISOString() : null);
