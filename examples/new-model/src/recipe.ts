import type { Progress, Provenance, Recipe } from '@vinaigrette/training';
import { z } from 'zod';
import { readRows } from './adapters/read-rows.js';
import type { Row } from './domain/columns.js';
import { fit, logLikelihood } from './domain/fit.js';
import { versionOfModel } from './version-of-model.js';

const parameters = z.object({
  penalty: z.number().min(0).max(1e6).default(1).describe('how much large weights cost'),
  heldBackEvery: z.number().int().min(2).max(100).default(5).describe('every so many-th row is held back'),
});
type Parameters = z.output<typeof parameters>;

/** Where a version comes from and how good it is. Contents of card.json. */
export interface Card {
  format: 1;
  model: 'new-model';
  trainedAt: string;
  data: Provenance;
  parameters: Parameters;
  rows: { training: number; validation: number };
  /** Mean logarithm of the probability of what came true, on the rows held back. */
  logLikelihood: number;
  cost: { batch1: number; batch32: number };
  baseline: { rows: number };
}

/** How versions of new-model are made. */
export const recipe: Recipe<typeof parameters, Row[], Card> = {
  model: 'new-model',
  about: 'who comes back',
  parameters,
  loadParameters: [],
  load: (source, _, intake) => readRows(source, intake),
  train: versionOf,
  score: (rows, { penalty, heldBackEvery }, share) => {
    const { training, validation } = split(rows, heldBackEvery);
    return logLikelihood(fit(training.slice(0, Math.ceil(training.length * share)), penalty), validation);
  },
  scoredBy: 'logLikelihood',
  reached: (card) => ({ metrics: { logLikelihood: card.logLikelihood } }),
};

async function versionOf(rows: Row[], options: Parameters, provenance: Provenance, progress: Progress) {
  const { training, validation } = split(rows, options.heldBackEvery);
  if (validation.length === 0) throw new RangeError(`${rows.length} rows are too few to hold any back`);
  const model = fit(training, options.penalty);
  const figure = logLikelihood(model, validation);
  progress(`learned from ${training.length} rows; on ${validation.length} held back: ${figure.toFixed(4)}`);
  const { onnx, signature, golden, baseline, cost } = await versionOfModel(
    model,
    training.map(({ customer }) => customer),
  );
  const card: Card = {
    format: 1,
    model: 'new-model',
    trainedAt: new Date().toISOString(),
    data: provenance,
    parameters: options,
    rows: { training: training.length, validation: validation.length },
    logLikelihood: figure,
    cost,
    baseline: { rows: baseline.rows },
  };
  const files = { 'model.onnx': onnx, 'signature.json': signature, 'golden.json': golden };
  return { ...files, 'baseline.json': baseline, 'card.json': card };
}

/** By place and not by chance: the same rows are held back whoever trains. */
function split(rows: readonly Row[], every: number): { training: Row[]; validation: Row[] } {
  const isHeldBack = (_: Row, place: number) => place % every === every - 1;
  return { training: rows.filter((row, place) => !isHeldBack(row, place)), validation: rows.filter(isHeldBack) };
}
