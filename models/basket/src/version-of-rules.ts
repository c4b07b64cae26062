import type { Baseline, FeatureDefinition } from '@vinaigrette/drift';
import { Problem } from '@vinaigrette/problems';
import { readSignature, type Signature, type Tensor } from '@vinaigrette/signature';
import { answeredBaseline, goldenAnswers, measureCost, ModelSession, type GoldenAnswers } from '@vinaigrette/training';
import type { Card } from './card.js';
import { answerOf } from './domain/answers.js';
import type { Baskets } from './domain/baskets.js';
import { spellingsOf, type Policy } from './domain/cleaning.js';
import { goldenBaskets } from './domain/golden-baskets.js';
import { itemTensor } from './domain/item-tensor.js';
import type { Rule } from './domain/mine-rules.js';
import { recommend } from './domain/recommend.js';
import { ruleGraph } from './domain/rule-graph.js';

/** What the log keeps of a prediction: the whole basket, as far as the gateway lets it grow, and the first answers. */
const LOGGED_ITEMS = 1_000;
const LOGGED_ANSWERS = 10;
const BATCH = 64;
/** Questions of a baseline: more move none of its shares. */
const QUESTIONS_MAX = 50_000;

const features: readonly FeatureDefinition[] = [
  { name: 'basketSize', kind: 'numeric', from: { kind: 'length', tensor: 'items' } },
  { name: 'knownShare', kind: 'numeric', from: { kind: 'knownShare', tensor: 'items' } },
  { name: 'topConfidence', kind: 'numeric', from: { kind: 'first', tensor: 'confidence' }, datatype: 'FP32' },
  { name: 'items', kind: 'items', from: { kind: 'values', tensor: 'items' } },
];

const loggedTensors: Signature['logged'] = [
  { tensor: 'items', first: LOGGED_ITEMS },
  { tensor: 'skus', first: LOGGED_ANSWERS },
  { tensor: 'confidence', first: LOGGED_ANSWERS },
];

/** The files that are made of rules, however they were found, and what an answer costs. */
export interface VersionOfRules {
  onnx: Uint8Array;
  signature: Signature;
  golden: GoldenAnswers;
  baseline: Baseline;
  cost: Card['cost'];
  /** Most recommendations of an answer. */
  recommendations: number;
}

/**
 * A graph of these rules with its signature, golden answers and the baseline of the baskets' questions.
 *
 * @param rules strongest first; at least one
 * @param baskets what the baseline and the golden questions are taken from; at least one
 */
export async function versionOfRules(
  rules: readonly Rule[],
  policy: Policy,
  baskets: Baskets,
): Promise<VersionOfRules> {
  const onnx = ruleGraph(rules, policy);
  const signature = { ...readSignature(onnx), logged: loggedTensors };
  const session = await ModelSession.open(onnx);
  try {
    const golden = await goldenOf(session, baskets, rules, policy);
    const asked = baskets.questions(QUESTIONS_MAX).map((question) => question.given);
    const vocabularies = { items: [...spellingsOf(baskets.soldSkus(), policy).keys()] };
    return {
      onnx,
      signature,
      golden,
      baseline: await answeredBaseline(session, signature, features, inBatches(asked), vocabularies),
      cost: {
        batch1: await measureCost(session, 1, rounds(asked, 1)),
        batch32: await measureCost(session, 32, rounds(asked, 32)),
      },
      recommendations: signature.outputs.find(({ name }) => name === 'skus')?.shape[1] as number,
    };
  } finally {
    await session.close();
  }
}

/** Answers of the graph, each of which the plain rules have to give as well: else it is the graph that is wrong. */
async function goldenOf(session: ModelSession, baskets: Baskets, rules: readonly Rule[], policy: Policy) {
  const spellings = spellingsOf(baskets.soldSkus(), policy);
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
