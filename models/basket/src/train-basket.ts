import { basename } from 'node:path';
import type { FeatureDefinition } from '@vinaigrette/drift';
import { Problem } from '@vinaigrette/problems';
import { readSignature, type Signature, type Tensor } from '@vinaigrette/signature';
import {
  answeredBaseline,
  digestOf,
  goldenAnswers,
  measureCost,
  ModelSession,
  writeVersionFiles,
} from '@vinaigrette/training';
import { readBaskets } from './adapters/read-sales.js';
import type { Card } from './card.js';
import { answerOf } from './domain/answers.js';
import { questionOf, type Basket } from './domain/basket.js';
import { bestSellersOf } from './domain/best-sellers.js';
import { spellingsOf, type Policy } from './domain/cleaning.js';
import { goldenBaskets } from './domain/golden-baskets.js';
import { holdBack } from './domain/hold-back.js';
import { itemTensor } from './domain/item-tensor.js';
import { judgeRecommender } from './domain/judge-recommender.js';
import { leastCount, mineItemsets } from './domain/mine-itemsets.js';
import { mineRules, type Rule } from './domain/mine-rules.js';
import { recommend } from './domain/recommend.js';
import { byItemCosine, byPopularity, byRules, type Recommender } from './domain/recommenders.js';
import { ruleGraph } from './domain/rule-graph.js';
import { speakingRules } from './domain/speaking-rules.js';
import { checkOptions, type CheckedOptions, type TrainingOptions } from './training-options.js';

/** What the log keeps of a prediction: the whole basket, as far as the gateway lets it grow, and the first answers. */
const LOGGED_ITEMS = 1_000;
const LOGGED_ANSWERS = 10;
const BEST_SELLERS = 1_000;
const BATCH = 64;

const features: readonly FeatureDefinition[] = [
  { name: 'basketSize', kind: 'numeric', from: { kind: 'length', tensor: 'items' } },
  { name: 'knownShare', kind: 'numeric', from: { kind: 'knownShare', tensor: 'items' } },
  { name: 'topConfidence', kind: 'numeric', from: { kind: 'first', tensor: 'confidence' }, datatype: 'FP32' },
  { name: 'items', kind: 'items', from: { kind: 'values', tensor: 'items' } },
];

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

  const onnx = ruleGraph(rules, options.policy);
  const signature = { ...readSignature(onnx), logged: loggedTensors };
  const session = await ModelSession.open(onnx);
  try {
    const golden = await goldenOf(session, baskets, rules, options.policy);
    const questions = baskets.map(questionOf).filter((question) => question !== undefined);
    const asked = questions.map((question) => question.given);
    const vocabularies = { items: [...spellingsOf(skusOf(baskets), options.policy).keys()] };
    const baseline = await answeredBaseline(session, signature, features, inBatches(asked), vocabularies);
    progress(`answered ${asked.length} baskets for the baseline`);
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
        recommendations: signature.outputs.find(({ name }) => name === 'skus')?.shape[1] as number,
      },
      cost: {
        batch1: await measureCost(session, 1, rounds(asked, 1)),
        batch32: await measureCost(session, 32, rounds(asked, 32)),
      },
      heldBack,
      baseline: { rows: baseline.rows, question: 'every basket of two SKUs or more, without its last' },
    };
    await writeVersionFiles(options.outDir, {
      'model.onnx': onnx,
      'signature.json': signature,
      'golden.json': golden,
      'baseline.json': baseline,
      'best-sellers.json': { skus: bestSellersOf(baskets).slice(0, BEST_SELLERS) },
      'rules.json': { rules: rules.map((rule) => ({ ...rule, conviction: finiteOrNull(rule.conviction) })) },
      'card.json': card,
    });
    progress(`wrote ${options.outDir}`);
    return card;
  } finally {
    await session.close();
  }
}

const loggedTensors: Signature['logged'] = [
  { tensor: 'items', first: LOGGED_ITEMS },
  { tensor: 'skus', first: LOGGED_ANSWERS },
  { tensor: 'confidence', first: LOGGED_ANSWERS },
];

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

/** Answers of the graph, each of which the plain rules have to give as well: else it is the graph that is wrong. */
async function goldenOf(session: ModelSession, baskets: readonly Basket[], rules: readonly Rule[], policy: Policy) {
  const spellings = spellingsOf(skusOf(baskets), policy);
  const batches = goldenBaskets(baskets);
  const inputs = batches.map((batch) => ({ items: itemTensor(batch) }));
  return goldenAnswers(session, inputs, (outputs, index) => {
    batches[index]?.forEach((basket, row) => {
      const plain = recommend(
        rules,
        basket.map((sku) => spellings.get(sku) ?? sku),
      );
      const answer = answerOf(outputs, row);
      if (plain.map(({ rule }) => rule).join() !== answer.map(({ rule }) => rule).join()) {
        throw new Problem('GOLDEN_MISMATCH', `The graph and the rules disagree on the basket ${basket.join(', ')}`);
      }
    });
  });
}

function* inBatches(baskets: readonly (readonly string[])[]): Generator<{ items: Tensor }> {
  for (let first = 0; first < baskets.length; first += BATCH) {
    yield { items: itemTensor(baskets.slice(first, first + BATCH)) };
  }
}

/** Asks `batch` baskets a round, going round and round. */
function rounds(baskets: readonly (readonly string[])[], batch: number) {
  return (round: number) => ({
    items: itemTensor(Array.from({ length: batch }, (_, row) => baskets[(round * batch + row) % baskets.length] ?? [])),
  });
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

const skusOf = (baskets: readonly Basket[]) => new Set(baskets.flatMap((basket) => basket.skus));
const finiteOrNull = (number: number) => (Number.isFinite(number) ? number : null);
const isoOrNull = (ms: number | undefined) => (Number.isFinite(ms) ? new Date(ms as number).toISOString() : null);
