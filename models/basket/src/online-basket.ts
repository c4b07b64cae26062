import { Decay, isHeldOut, Newest, OnlineModel, type Judged, type Labelled, type Refusal } from '@vinaigrette/learning';
import { Problem } from '@vinaigrette/problems';
import { parseOptions, writeVersionFiles } from '@vinaigrette/training';
import { z } from 'zod';
import type { Question } from './domain/basket.js';
import { Baskets } from './domain/baskets.js';
import { BasketStatistics, type SavedStatistics } from './domain/basket-statistics.js';
import { canonicalSku } from './domain/cleaning.js';
import { judgeGraph } from './judge-graph.js';
import { versionOfRules } from './version-of-rules.js';

const BEST_SELLERS = 1_000;
const share = z.number().gt(0).max(1);

const schema = z.strictObject({
  /** After so long, in event time, a purchase counts half. */
  halfLifeMs: z
    .number()
    .positive()
    .default(14 * 86_400_000),
  /** Fewest decayed baskets of a rule: one bought now counts 1. */
  minBaskets: z.number().positive().default(5),
  /** Least share of the decayed baskets that hold a rule. */
  minSupport: share.default(0.001),
  minConfidence: share.default(0.2),
  /** Most rules of a version, the strongest. */
  maxRules: z.number().int().min(1).max(1_000_000).default(5_000),
  /** Share of the purchases that is never learnt, and that versions are judged on. */
  heldOutShare: z.number().min(0).lt(1).default(0.1),
  /** Newest purchases kept for the baseline, and newest held-out ones. */
  sampleMax: z.number().int().min(1).max(100_000).default(2_000),
  itemsMax: z.number().int().min(2).max(1_000_000).default(50_000),
  pairsMax: z.number().int().min(1).max(10_000_000).default(500_000),
  basketItemsMax: z.number().int().min(2).max(1_000).default(100),
});

export type OnlineBasketOptions = z.input<typeof schema>;

interface Purchase {
  atMs: number;
  id: string;
  skus: readonly string[];
}
interface HeldOut extends Question {
  atMs: number;
  id: string;
}

interface Saved {
  halfLifeMs: number;
  heldOutShare: number;
  statistics: SavedStatistics;
  sample: Purchase[];
  heldOut: HeldOut[];
  learnt: number;
  cutBaskets: number;
}

/**
 * The rules of single goods, learnt while they are served: a prediction's basket and what was then bought are one
 * purchase. Item and pair counts with exponential forgetting are updated in place, and a version is made of them with the
 * same graph as a trained one.
 */
export class OnlineBasket extends OnlineModel {
  readonly model = 'basket';
  readonly outcomeKinds = ['purchased'];
  private readonly options: z.output<typeof schema>;
  private readonly statistics: BasketStatistics;
  private readonly sample: Newest<Purchase>;
  private readonly heldOut: Newest<HeldOut>;
  private learnt: number;
  private cutBaskets: number;

  /**
   * @param saved what `save` answered, of a learner with the same half-life and held-out share. Throws
   * TRAINING_OPTION_INVALID when they differ, or an option is out of its range.
   */
  constructor(options: OnlineBasketOptions = {}, saved?: unknown) {
    super();
    this.options = parseOptions(schema, options);
    const before = saved as Saved | undefined;
    if (before) refuseOthers(this.options, before);
    this.statistics = new BasketStatistics(new Decay(this.options.halfLifeMs), this.options, before?.statistics);
    this.sample = new Newest(this.options.sampleMax, before?.sample);
    this.heldOut = new Newest(this.options.sampleMax, before?.heldOut);
    this.learnt = before?.learnt ?? 0;
    this.cutBaskets = before?.cutBaskets ?? 0;
  }

  learn({ predictionId, atMs, inputs, skus }: Labelled): Refusal | undefined {
    const seen = new Set(['']);
    const given = notSeen(seen, inputs['items'] ?? []);
    const bought = notSeen(seen, skus);
    const [expected] = bought;
    if (expected === undefined) return 'unusable-label';
    if (isHeldOut(predictionId, this.options.heldOutShare)) {
      if (given.length > 0) this.heldOut.add({ atMs, id: predictionId, given, expected });
      return undefined;
    }
    const purchase = given.concat(bought);
    if (!this.statistics.learn(purchase, atMs)) return 'too-old';
    if (purchase.length > this.options.basketItemsMax) this.cutBaskets++;
    this.sample.add({ atMs, id: predictionId, skus: purchase });
    this.learnt++;
    return undefined;
  }

  save(): Saved {
    const { halfLifeMs, heldOutShare } = this.options;
    return {
      ...{ halfLifeMs, heldOutShare, learnt: this.learnt, cutBaskets: this.cutBaskets },
      statistics: this.statistics.save(),
      sample: [...this.sample.toArray()],
      heldOut: [...this.heldOut.toArray()],
    };
  }

  figures(): Record<string, number> {
    const { learnt, cutBaskets } = this;
    return { learnt, ...this.statistics.figures(), cutBaskets, heldOut: this.heldOut.toArray().length };
  }

  async writeVersion(outDir: string): Promise<string> {
    const { halfLifeMs, minBaskets, minSupport, minConfidence, maxRules } = this.options;
    const rules = this.statistics.rules(this.options);
    const skus = this.statistics.bestSellers(BEST_SELLERS);
    const figures = this.figures();
    const sample = this.sample.toArray().map(({ id, atMs, skus }) => ({ id, soldAtMs: atMs, skus }));
    if (rules.length === 0) {
      const least = `${minBaskets} decayed baskets, support ${minSupport} and confidence ${minConfidence}`;
      throw new Problem('RULES_NONE', `No pair has ${least} yet, after ${figures['learnt']} purchases`);
    }
    const version = await versionOfRules(rules, 'strict', Baskets.of(sample));
    await writeVersionFiles(outDir, {
      'model.onnx': version.onnx,
      'signature.json': version.signature,
      'golden.json': version.golden,
      'baseline.json': version.baseline,
      'best-sellers.json': { skus },
      'rules.json': {
        rules: rules.map((rule) => ({
          ...rule,
          conviction: Number.isFinite(rule.conviction) ? rule.conviction : null,
        })),
      },
      'card.json': {
        format: 1,
        model: this.model,
        learntAt: new Date().toISOString(),
        purchases: { first: isoOf(sample[0]), last: isoOf(sample.at(-1)) },
        parameters: { halfLifeMs, minBaskets, minSupport, minConfidence, maxRules },
        statistics: figures,
        served: { rules: rules.length, recommendations: version.recommendations },
        cost: version.cost,
        baseline: {
          rows: version.baseline.rows,
          question: 'the newest purchases of two SKUs or more, without the last',
        },
      },
    });
    return `${rules.length} rules of ${figures['learnt']} purchases`;
  }

  async judge(onnx: Uint8Array): Promise<Judged | undefined> {
    const questions = this.heldOut.toArray();
    const newest = questions.at(-1);
    if (!newest) return undefined;
    return { rows: questions.length, dataUntilMs: newest.atMs, metrics: await judgeGraph(onnx, questions) };
  }
}

/** The SKUs as the model spells them, each once; from now on they are seen. */
function notSeen(seen: Set<string>, skus: readonly (string | number)[]): string[] {
  const fresh: string[] = [];
  for (const one of skus) {
    const sku = canonicalSku(String(one), 'strict');
    if (seen.has(sku)) continue;
    seen.add(sku);
    fresh.push(sku);
  }
  return fresh;
}

/** The card's span is that of the sample, which is what the baseline and the golden answers were made of. */
const isoOf = (purchase: { soldAtMs: number } | undefined) =>
  purchase ? new Date(purchase.soldAtMs).toISOString() : null;

function refuseOthers(wanted: { halfLifeMs: number; heldOutShare: number }, saved: Saved): void {
  for (const field of ['halfLifeMs', 'heldOutShare'] as const) {
    if (wanted[field] === saved[field]) continue;
    const message = `${field}: ${wanted[field]}, but what was learnt so far was weighed with ${saved[field]}`;
    throw new Problem('TRAINING_OPTION_INVALID', message, { field });
  }
}
