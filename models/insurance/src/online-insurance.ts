import { Decay, isHeldOut, Newest, OnlineModel, type Judged, type Labelled, type Refusal } from '@vinaigrette/learning';
import { Problem } from '@vinaigrette/problems';
import type { LoggedRow } from '@vinaigrette/signature';
import { parseOptions, writeVersionFiles } from '@vinaigrette/training';
import { z } from 'zod';
import { categories, insuredOf, learnImputation, numericInputs, textInputs, type Insured } from './domain/insured.js';
import { coefficientsOf, type LinearModel } from './domain/linear-model.js';
import { RecursiveLeastSquares, UndeterminedTerm } from './domain/recursive-least-squares.js';
import { terms } from './domain/terms.js';
import { judgeGraph } from './judge-graph.js';
import { versionOfModel } from './version-of-model.js';

const schema = z.strictObject({
  /** After so long, in event time, a label counts half. */
  halfLifeMs: z
    .number()
    .positive()
    .default(180 * 86_400_000),
  /** Fewest decayed rows of a version: one labelled now counts 1. */
  minRows: z.number().positive().default(100),
  /** Share of the labels that is never learnt, and that versions are judged on. */
  heldOutShare: z.number().min(0).lt(1).default(0.1),
  /** Newest people kept for the baseline, and newest held-out ones. */
  sampleMax: z.number().int().min(1).max(100_000).default(2_000),
});

export type OnlineInsuranceOptions = z.input<typeof schema>;

interface Row {
  atMs: number;
  id: string;
  person: Insured;
  charges: number;
}

interface Saved {
  halfLifeMs: number;
  heldOutShare: number;
  era: number | undefined;
  newestMs: number;
  triangle: number[];
  sample: Row[];
  heldOut: Row[];
  learnt: number;
}

/**
 * The linear model of charges, learnt while it is served: recursive least squares over a prediction's inputs and the
 * charge that came of it, with exponential forgetting. A version is made with the same graph as a trained one.
 */
export class OnlineInsurance extends OnlineModel {
  readonly model = 'insurance';
  readonly outcomeKinds = ['label'];
  private readonly options: z.output<typeof schema>;
  private readonly decay: Decay;
  private readonly squares: RecursiveLeastSquares;
  private readonly sample: Newest<Row>;
  private readonly heldOut: Newest<Row>;
  private era: number | undefined;
  private newestMs: number;
  private learnt: number;

  /**
   * @param saved what `save` answered, of a learner with the same half-life and held-out share. Throws
   * TRAINING_OPTION_INVALID when they differ, or an option is out of its range.
   */
  constructor(options: OnlineInsuranceOptions = {}, saved?: unknown) {
    super();
    this.options = parseOptions(schema, options);
    const before = saved as Saved | undefined;
    for (const field of ['halfLifeMs', 'heldOutShare'] as const) {
      if (!before || before[field] === this.options[field]) continue;
      const message = `${field}: ${this.options[field]}, but what was learnt so far was weighed with ${before[field]}`;
      throw new Problem('TRAINING_OPTION_INVALID', message, { field });
    }
    this.decay = new Decay(this.options.halfLifeMs);
    this.squares = new RecursiveLeastSquares(terms.length, before?.triangle);
    this.sample = new Newest(this.options.sampleMax, before?.sample);
    this.heldOut = new Newest(this.options.sampleMax, before?.heldOut);
    this.era = before?.era;
    this.newestMs = before?.newestMs ?? 0;
    this.learnt = before?.learnt ?? 0;
  }

  learn({ predictionId, atMs, inputs, number }: Labelled): Refusal | undefined {
    if (number === undefined || !Number.isFinite(number) || number < 0) return 'unusable-label';
    const person = wholePerson(inputs);
    if (!person) return 'incomplete-inputs';
    const row = { atMs, id: predictionId, person, charges: number };
    if (isHeldOut(predictionId, this.options.heldOutShare)) {
      this.heldOut.add(row);
      return undefined;
    }
    if (atMs < this.newestMs - this.decay.forgottenMs) return 'too-old';
    const values = terms.map(({ value }) => value(person));
    this.squares.add(values, number, this.weigh(atMs));
    this.sample.add(row);
    this.learnt++;
    return undefined;
  }

  save(): Saved {
    const { halfLifeMs, heldOutShare } = this.options;
    return {
      ...{ halfLifeMs, heldOutShare, era: this.era, newestMs: this.newestMs, learnt: this.learnt },
      triangle: this.squares.save(),
      sample: [...this.sample.toArray()],
      heldOut: [...this.heldOut.toArray()],
    };
  }

  figures(): Record<string, number> {
    return { learnt: this.learnt, rows: this.rows(), heldOut: this.heldOut.toArray().length };
  }

  async writeVersion(outDir: string): Promise<string> {
    const model = this.fit();
    const { halfLifeMs, minRows } = this.options;
    const statistics = this.figures();
    const sample = [...this.sample.toArray()];
    const people = sample.map(({ person }) => person);
    const imputation = learnImputation(people);
    const { onnx, signature, golden, baseline, cost } = await versionOfModel(imputation, model, people);
    const coefficients = coefficientsOf(model);
    await writeVersionFiles(outDir, {
      'model.onnx': onnx,
      'signature.json': signature,
      'golden.json': golden,
      'baseline.json': baseline,
      'card.json': {
        format: 1,
        model: this.model,
        learntAt: new Date().toISOString(),
        parameters: { halfLifeMs, minRows },
        statistics,
        imputation,
        coefficients: {
          intercept: coefficients.intercept,
          terms: Object.fromEntries(terms.map(({ name }, at) => [name, coefficients.weights[at]])),
        },
        cost,
        baseline: { rows: baseline.rows },
      },
    });
    return `a line through ${statistics['learnt']} rows`;
  }

  async judge(onnx: Uint8Array): Promise<Judged | undefined> {
    const rows = this.heldOut.toArray();
    const newest = rows.at(-1);
    if (!newest) return undefined;
    return { rows: rows.length, dataUntilMs: newest.atMs, metrics: await judgeGraph(onnx, rows) };
  }

  /** Throws TRAINING_DATA_INVALID while there are too few rows, or a term does not show in them. */
  fit(): LinearModel {
    const rows = this.rows();
    if (rows < this.options.minRows) {
      const message = `${rows.toFixed(1)} decayed rows; ${this.options.minRows} are wanted`;
      throw new Problem('TRAINING_DATA_INVALID', message, { field: 'minRows' });
    }
    try {
      return this.squares.fit();
    } catch (cause) {
      if (!(cause instanceof UndeterminedTerm)) throw cause;
      const message = `${terms[cause.term]?.name} cannot be told from the other terms by what is remembered`;
      throw new Problem('TRAINING_DATA_INVALID', message, { field: terms[cause.term]?.name ?? '', cause });
    }
  }

  private weigh(atMs: number): number {
    this.newestMs = Math.max(this.newestMs, atMs);
    const era = this.decay.eraOf(atMs);
    this.era ??= era;
    if (era > this.era) {
      this.squares.scaleWeights(this.decay.factor(this.era, era));
      this.era = era;
    }
    return this.decay.weight(atMs, this.era);
  }

  /** Decayed number of rows as of the newest one. */
  private rows(): number {
    return this.era === undefined ? 0 : this.squares.weight / this.decay.weight(this.newestMs, this.era);
  }
}

/** undefined where an input is unknown: a median in its place would be learnt as if it had been said. */
function wholePerson(inputs: LoggedRow): Insured | undefined {
  const person = insuredOf(
    (name) => Number(inputs[name]?.[0]),
    (name) => String(inputs[name]?.[0]),
  );
  if (numericInputs.some((name) => !Number.isFinite(person[name]))) return undefined;
  if (textInputs.some((name) => !(categories[name] as readonly string[]).includes(person[name]))) return undefined;
  return person;
}
