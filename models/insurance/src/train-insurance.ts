import { trainVersion, type Progress, type Provenance, type Recipe, type VersionOptions } from '@vinaigrette/training';
import { z } from 'zod';
import { readInsured, type InsuredRow } from './adapters/read-insured.js';
import type { Card } from './card.js';
import { figuresOf, type Figures } from './domain/figures.js';
import { holdBack } from './domain/hold-back.js';
import { impute, learnImputation, type Insured } from './domain/insured.js';
import { chargeOf, coefficientsOf, fitLinear } from './domain/linear-model.js';
import { plainTerms, terms, type Term } from './domain/terms.js';
import { versionOfModel } from './version-of-model.js';

const parameters = z.object({
  ridge: z.number().min(0).max(1e6).default(0).describe('how much large weights cost; 0: ordinary least squares'),
});
type Parameters = z.output<typeof parameters>;

export type TrainingOptions = VersionOptions<typeof parameters>;

/** How versions of insurance are made of insured people. */
export const insuranceRecipe: Recipe<typeof parameters, InsuredRow[], Card> = {
  model: 'insurance',
  about: 'yearly charges from insured people',
  parameters,
  loadParameters: [],
  load: (source, _, intake) => readInsured(source, intake),
  train: versionOf,
  score: r2Of,
  scoredBy: 'r2',
  reached: ({ validation: { all, smokers, others } }) => ({
    metrics: numbersOf(all),
    segments: [
      { segment: 'smoker=yes', rows: smokers.rows, metrics: numbersOf(smokers) },
      { segment: 'smoker=no', rows: others.rows, metrics: numbersOf(others) },
    ],
  }),
};

/**
 * Trains a version and writes its files to `outDir`: model.onnx, signature.json, golden.json, baseline.json and, last,
 * card.json, which it answers. Apart from the card's time and cost the same rows give the same bytes. Throws what
 * `trainVersion` throws, before anything is written.
 */
export async function trainInsurance(given: TrainingOptions, progress?: Progress): Promise<Card> {
  const { card } = await trainVersion(insuranceRecipe, given, progress);
  return card;
}

const numbersOf = ({ r2, rmse, mae }: Figures) => ({ r2, rmse, mae });

async function versionOf(rows: InsuredRow[], options: Parameters, provenance: Provenance, progress: Progress) {
  if (rows.length === 0) throw new RangeError('it holds no rows');
  const { training, validation } = holdBack(rows);
  progress(`read ${rows.length} rows, ${validation.length} of them held back`);
  const { imputation, model, quote } = fit(terms, training, options);
  const plain = fit(plainTerms, training, options);
  const people = training.map(({ person }) => person);
  const version = await versionOfModel(imputation, model, people);
  const coefficients = coefficientsOf(model);
  const smokers = validation.filter(({ person }) => person.smoker === 'yes');
  const others = validation.filter(({ person }) => person.smoker !== 'yes');
  const card: Card = {
    format: 1,
    model: 'insurance',
    trainedAt: new Date().toISOString(),
    data: provenance,
    rows: { training: training.length, validation: validation.length },
    parameters: options,
    imputation,
    coefficients: {
      intercept: coefficients.intercept,
      terms: Object.fromEntries(terms.map(({ name }, at) => [name, coefficients.weights[at] as number])),
    },
    validation: {
      all: judge(validation, quote),
      withoutInteractions: judge(validation, plain.quote),
      smokers: judge(smokers, quote),
      others: judge(others, quote),
    },
    cost: version.cost,
    baseline: { rows: version.baseline.rows },
  };
  const { onnx, signature, golden, baseline } = version;
  const files = { 'model.onnx': onnx, 'signature.json': signature, 'golden.json': golden };
  return { ...files, 'baseline.json': baseline, 'card.json': card };
}

/** On the rows held back, of a model that has learned from the first share of the others. */
function r2Of(rows: InsuredRow[], options: Parameters, share: number): number {
  const { training, validation } = holdBack(rows);
  const { quote } = fit(terms, training.slice(0, Math.ceil(training.length * share)), options);
  return judge(validation, quote).r2 ?? NaN;
}

function fit(of: readonly Term[], rows: readonly InsuredRow[], { ridge }: Parameters) {
  const imputation = learnImputation(rows.map(({ person }) => person));
  const whole = rows.map(({ person }) => impute(person, imputation));
  const charges = rows.map((row) => row.charges);
  const model = fitLinear(of, whole, charges, ridge);
  return { imputation, model, quote: (person: Insured) => chargeOf(model, of, impute(person, imputation)) };
}

function judge(rows: readonly InsuredRow[], quote: (person: Insured) => number): Figures {
  if (rows.length === 0) throw new RangeError('no row of a sub-population was held back');
  return figuresOf(
    rows.map(({ charges }) => charges),
    rows.map(({ person }) => quote(person)),
  );
}
