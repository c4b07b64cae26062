import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBaskets, trainBasket, type Card } from '@vinaigrette/basket';
import { parseBaseline, type Baseline } from '@vinaigrette/drift';
import { eventually, type House } from '../house.js';
import { call, drift, queryOf } from '../shop.js';
import { furnish } from '../furnish.js';
import { measure, plainRecommendations, type Observation, type OracleFeature, type PlainRule } from './oracle.js';
import { questionsOf, replay, type ReplayedBasket } from './replay.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
const training = { from: '2011-01-01', to: '2011-07-01' };
const replayed = { from: '2011-07-01', to: '2011-09-01' };
const options = { format: 'online-retail', policy: 'strict' } as const;
// A stalled machine must not let the best sellers answer for the model: the oracle knows no clock.
const unhurried = { kind: 'recommendation', model: 'basket', ruleSet: 'shop', budgetMs: 60_000 };
const mining = { minSupport: 0.01, minConfidence: 0.3 };

/** What one week looked like: to the drift monitor, or to the batch oracle. */
export interface Week {
  fromMs: number;
  toMs: number;
  baskets: number;
  /** Of the baskets that got at least one item from the model. */
  answered: number;
  hitsAt5: number;
  features: OracleFeature[];
}

export interface Journey {
  card: Card;
  baskets: number;
  monitored: Week[];
  oracle: Week[];
}

/**
 * Trains on January to June 2011, serves, asks again for every basket of July and August at the time it was sold, and
 * tells each week twice: as the monitor counted it, and as a batch over the file and the plain rules computes it.
 */
export async function travel(house: House, sales: string, tell: (news: string) => void): Promise<Journey> {
  const dir = await mkdtemp(join(tmpdir(), 'vinaigrette-online-retail-'));
  try {
    const outDir = join(dir, 'version');
    const card = await trainBasket({ input: sales, ...options, ...training, ...mining, outDir }, tell);
    await furnish(house, outDir, { 'rule-set': { rules: [] }, 'use-case': unhurried });
    const { baskets } = await readBaskets({ input: sales, ...options, ...replayed });
    const questions = questionsOf(baskets);
    tell(`replaying ${questions.length} baskets of July and August 2011`);
    const shown = await replay(house, questions, (done) => {
      if (done % 500 === 0) tell(`${done} of ${questions.length} baskets asked`);
    });
    const weeks = weeksOf(replayed);
    const all = { model: 'basket', version: 1, from: Date.parse(replayed.from), to: Date.parse(replayed.to) };
    await eventually(
      'counted',
      () => drift(house, all),
      (seen) => Number(seen.predictions) >= questions.length,
    );
    const { rules } = JSON.parse(await readFile(join(outDir, 'rules.json'), 'utf8')) as { rules: PlainRule[] };
    const baseline = parseBaseline(JSON.parse(await readFile(join(outDir, 'baseline.json'), 'utf8')));
    return {
      card,
      baskets: questions.length,
      oracle: weeks.map((week) => oracleWeek(week, questions, shown, rules, baseline)),
      monitored: await Promise.all(weeks.map((week) => monitoredWeek(house, week))),
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

type Range = Pick<Week, 'fromMs' | 'toMs'>;

function weeksOf({ from, to }: { from: string; to: string }): Range[] {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const count = Math.ceil((end - start) / (7 * DAY_MS));
  return Array.from({ length: count }, (_, week) => {
    const fromMs = start + week * 7 * DAY_MS;
    return { fromMs, toMs: Math.min(fromMs + 7 * DAY_MS, end) };
  });
}

async function monitoredWeek(house: House, { fromMs, toMs }: Range): Promise<Week> {
  const query = { model: 'basket', version: 1, from: fromMs, to: toMs };
  const [seen, performance] = await Promise.all([
    drift(house, query),
    eventually(
      'joined with its outcomes',
      () => call<Performance>(`${house.monitorUrl}/v1/performance?${queryOf(query)}`),
      ({ body }) => body.withOutcome === body.predictions && body.fallback.withOutcome === body.fallback.predictions,
    ),
  ]);
  const { predictions, hitsAt5, fallback } = performance.body;
  return {
    fromMs,
    toMs,
    baskets: Number(seen.predictions),
    answered: predictions,
    hitsAt5: hitsAt5 + fallback.hitsAt5,
    features: (seen.features ?? []).map(({ name, psi, ksLow, count }) => ({
      name,
      count: Number(count),
      ...(psi === undefined ? {} : { psi }),
      ...(ksLow === undefined ? {} : { ks: ksLow }),
    })),
  };
}

interface Performance {
  predictions: number;
  withOutcome: number;
  hitsAt5: number;
  fallback: { predictions: number; withOutcome: number; hitsAt5: number };
}

function oracleWeek(
  { fromMs, toMs }: Range,
  questions: readonly ReplayedBasket[],
  shown: readonly string[][],
  rules: readonly PlainRule[],
  baseline: Baseline,
): Week {
  const ofWeek = questions.flatMap((question, index) =>
    question.soldAtMs >= fromMs && question.soldAtMs < toMs ? [{ question, shown: shown[index] ?? [] }] : [],
  );
  const observations = ofWeek.map(({ question, shown }): Observation & { answered: boolean } => {
    const [...recommended] = plainRecommendations(rules, question.given);
    // Best sellers answer where no rule speaks; which ones is the gateway's word, so only its hits are taken over.
    const answer = recommended.length > 0 ? recommended.slice(0, 5).map(({ sku }) => sku) : shown;
    return {
      items: question.given,
      topConfidence: recommended[0]?.confidence ?? 0,
      hit: answer.includes(question.expected),
      answered: recommended.length > 0,
    };
  });
  return {
    fromMs,
    toMs,
    baskets: observations.length,
    answered: observations.filter(({ answered }) => answered).length,
    hitsAt5: observations.filter(({ hit }) => hit).length,
    features: measure(baseline, observations),
  };
}
