import { basename } from 'node:path';
import { Problem } from '@vinaigrette/problems';
import { digestOf, writeVersionFiles } from '@vinaigrette/training';
import { readInsured, type InsuredRow } from './adapters/read-insured.js';
import type { Card } from './card.js';
import { figuresOf, type Figures } from './domain/figures.js';
import { holdBack } from './domain/hold-back.js';
import { impute, learnImputation, type Insured } from './domain/insured.js';
import { chargeOf, coefficientsOf, fitLinear } from './domain/linear-model.js';
import { plainTerms, terms, type Term } from './domain/terms.js';
import { versionOfModel } from './version-of-model.js';

export interface TrainingOptions {
  /** Path of the CSV file, plain or .gz. */
  input: string;
  /** Folder for the version's files; made when missing, files of the same names are replaced. */
  outDir: string;
}

/**
 * Trains a version and writes its files to `outDir`: model.onnx, signature.json, golden.json, baseline.json and, last,
 * card.json, which it answers. Apart from the card's time and cost the same file gives the same bytes. `progress` is told
 * after each step, in words for people.
 *
 * Throws FILE_UNREADABLE or TRAINING_DATA_INVALID before anything is written.
 */
export async function trainInsurance(
  { input, outDir }: TrainingOptions,
  progress: (done: string) => void = () => {},
): Promise<Card> {
  const rows = await readInsured(input);
  const { training, validation } = holdBack(rows);
  progress(`read ${rows.length} rows, ${validation.length} of them held back`);

  const { imputation, model, quote } = fit(input, terms, training);
  const plain = fit(input, plainTerms, training);
  const people = training.map(({ person }) => person);
  const version = await versionOfModel(imputation, model, people);
  const coefficients = coefficientsOf(model);
  const smokers = validation.filter(({ person }) => person.smoker === 'yes');
  const others = validation.filter(({ person }) => person.smoker !== 'yes');
  const card: Card = {
    format: 1,
    model: 'insurance',
    trainedAt: new Date().toISOString(),
    data: { file: basename(input), ...(await digestOf(input)) },
    rows: { training: training.length, validation: validation.length },
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
  await writeVersionFiles(outDir, { ...files, 'baseline.json': baseline, 'card.json': card });
  progress(`wrote ${outDir}`);
  return card;
}

function fit(input: string, of: readonly Term[], rows: readonly InsuredRow[]) {
  try {
    const imputation = learnImputation(rows.map(({ person }) => person));
    const whole = rows.map(({ person }) => impute(person, imputation));
    const charges = rows.map((row) => row.charges);
    const model = fitLinear(of, whole, charges);
    return { imputation, model, quote: (person: Insured) => chargeOf(model, of, impute(person, imputation)) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Problem('TRAINING_DATA_INVALID', `${input} cannot be learned from: ${error.message}`, {
      field: 'input',
      cause: error,
    });
  }
}

function judge(rows: readonly InsuredRow[], quote: (person: Insured) => number): Figures {
  if (rows.length === 0) throw new Problem('TRAINING_DATA_INVALID', 'No row of a sub-population was held back');
  return figuresOf(
    rows.map(({ charges }) => charges),
    rows.map(({ person }) => quote(person)),
  );
}
