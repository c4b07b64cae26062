import { basename } from 'node:path';
import { Problem } from '@vinaigrette/problems';
import { digestOf, writeVersionFiles } from '@vinaigrette/training';
import { readBaskets } from './adapters/read-sales.js';
import type { Card } from './card.js';
import { questionOf, type Basket } from './domain/basket.js';
import { bestSellersOf } from './domain/best-sellers.js';
import { holdBack } from './domain/hold-back.js';
import { judgeRecommender } from './domain/judge-recommender.js';
import { leastCount, mineItemsets } from './domain/mine-itemsets.js';
import { mineRules, type Rule } from './domain/mine-rules.js';
import { byItemCosine, byPopularity, byRules, type Recommender } from './domain/recommenders.js';
import { speakingRules } from './domain/speaking-rules.js';
import { checkOptions, type CheckedOptions, type TrainingOptions } from './training-options.js';
import { versionOfRules } from './version-of-rules.js';

const BEST_SELLERS = 1_000;

/** Told after each step of the work, in words for people. */
export type Progress = (done: string) => void;

/**
 * Trains a version on a sales file and writes its files to `outDir`: model.onnx, signature.json, golden.json,
 * baseline.json, best-sellers.json, rules.json and, last, card.json, which it answers. Apart from the card's time and
 * cost the same sales and options give the same bytes.
 *
 * Throws TRAINING_OPTION_INVALID, SALES_NOT_FOUND, SALES_INVALID, ITEMSETS_TOO_MANY, RULES_NONE or RULES_TOO_MANY, before
 * anything is written.
 */
export async function trainBasket(given: TrainingOptions, progress: Progress = () => {}): Promise<Card> {
  const options = checkOptions(given);
  const { baskets, report } = await readBaskets(options);
  if (baskets.length === 0) throw new Problem('SALES_INVALID', `No basket of ${options.input} is left after cleaning`);
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
    data: { file: basename(options.input), format: options.format, ...(await digestOf(options.input)) },
    sales: salesOf(baskets, options),
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
    baseline: { rows: version.baseline.rows, question: 'every basket of two SKUs or more, without its last' },
  };
  await writeVersionFiles(options.outDir, {
    'model.onnx': version.onnx,
    'signature.json': version.signature,
    'golden.json': version.golden,
    'baseline.json': version.baseline,
    'best-sellers.json': { skus: bestSellersOf(baskets).slice(0, BEST_SELLERS) },
    'rules.json': { rules: rules.map((rule) => ({ ...rule, conviction: finiteOrNull(rule.conviction) })) },
    'card.json': card,
  });
  progress(`wrote ${options.outDir}`);
  return card;
}

function mine(baskets: readonly Basket[], { minSupport, minConfidence, maxLength }: CheckedOptions) {
  const itemsets = mineItemsets(
    baskets.map((basket) => basket.skus),
    { minSupport, maxLength },
  );
  const mined = mineRules(itemsets, minConfidence);
  return { itemsets, mined, rules: speakingRules(mined) };
}

function judge(baskets: readonly Basket[], options: CheckedOptions): Card['heldBack'] {
  const { train, heldBack, heldBackFromMs } = holdBack(baskets, options.heldBackShare);
  const { rules } = mine(train, options);
  const sold = bestSellersOf(train);
  const questions = heldBack.map(questionOf).filter((question) => question !== undefined);
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

function refuseUnserved(rules: readonly Rule[], { minSupport, minConfidence, maxRules }: CheckedOptions): void {
  const asked = `support ${minSupport} and confidence ${minConfidence}`;
  if (rules.length === 0) throw new Problem('RULES_NONE', `No rule has ${asked}`, { field: 'minSupport' });
  if (rules.length > maxRules) {
    throw new Problem('RULES_TOO_MANY', `${rules.length} rules have ${asked}; the limit is ${maxRules}`, {
      field: 'maxRules',
    });
  }
}

function salesOf(baskets: readonly Basket[], { from, to }: CheckedOptions): Card['sales'] {
  let [first, last] = [Infinity, -Infinity];
  for (const { soldAtMs = NaN } of baskets) {
    if (soldAtMs < first) first = soldAtMs;
    if (soldAtMs > last) last = soldAtMs;
  }
  return { from: from ?? null, to: to ?? null, first: isoOrNull(first), last: isoOrNull(last) };
}

function parametersOf(options: CheckedOptions, baskets: number): Card['parameters'] {
  const { policy, minSupport, minConfidence, maxLength = null, maxRules, heldBackShare } = options;
  const minBaskets = leastCount(minSupport, baskets);
  return { policy, minSupport, minBaskets, minConfidence, maxLength, maxRules, heldBackShare };
}

const finiteOrNull = (number: number) => (Number.isFinite(number) ? number : null);
const isoOrNull = (ms: number | undefined) => (Number.isFinite(ms) ? new Date(ms as number).toISOString() : null);
