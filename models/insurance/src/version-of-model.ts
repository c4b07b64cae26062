import type { Baseline, FeatureDefinition } from '@vinaigrette/drift';
import { Problem } from '@vinaigrette/problems';
import { readSignature, type Signature } from '@vinaigrette/signature';
import { answeredBaseline, goldenAnswers, measureCost, ModelSession, type GoldenAnswers } from '@vinaigrette/training';
import type { Card } from './card.js';
import { goldenPeople } from './domain/golden-people.js';
import { insuranceGraph } from './domain/insurance-graph.js';
import { insuredTensors } from './domain/insured-tensors.js';
import { impute, inputNames, numericInputs, textInputs, type Imputation, type Insured } from './domain/insured.js';
import { chargeOf, type LinearModel } from './domain/linear-model.js';
import { terms } from './domain/terms.js';

const BATCH = 256;
/** The graph computes in float32. */
const RELATIVE_DIFFERENCE_MAX = 1e-4;

const features: FeatureDefinition[] = [
  ...[...numericInputs, 'charges'].map((name): FeatureDefinition => ({
    name,
    kind: 'numeric',
    from: { kind: 'value', tensor: name },
    datatype: 'FP32',
  })),
  ...textInputs.map((name): FeatureDefinition => ({
    name,
    kind: 'categorical',
    from: { kind: 'value', tensor: name },
  })),
];

/** The files that are made of a linear model, however it was fitted, and what a quote costs. */
export interface VersionOfModel {
  onnx: Uint8Array;
  signature: Signature;
  golden: GoldenAnswers;
  baseline: Baseline;
  cost: Card['cost'];
}

/** A graph of this model with its signature, golden answers and the baseline of these people, at least one. */
export async function versionOfModel(
  imputation: Imputation,
  model: LinearModel,
  people: readonly Insured[],
): Promise<VersionOfModel> {
  const onnx = insuranceGraph(imputation, model);
  const logged = [...inputNames, 'charges'].map((tensor) => ({ tensor }));
  const signature: Signature = { ...readSignature(onnx), logged };
  const session = await ModelSession.open(onnx);
  try {
    const batches = goldenPeople(people);
    const golden = await goldenAnswers(session, batches.map(insuredTensors), ({ charges }, batch) => {
      batches[batch]?.forEach((person, at) => {
        checkSame(chargeOf(model, terms, impute(person, imputation)), Number(charges?.data[at]));
      });
    });
    return {
      onnx,
      signature,
      golden,
      baseline: await answeredBaseline(session, signature, features, inBatches(people)),
      cost: {
        batch1: await measureCost(session, 1, (round) => insuredTensors(some(people, round, 1))),
        batch32: await measureCost(session, 32, (round) => insuredTensors(some(people, round, 32))),
      },
    };
  } finally {
    await session.close();
  }
}

function checkSame(plain: number, graph: number): void {
  if (Math.abs(plain - graph) <= RELATIVE_DIFFERENCE_MAX * Math.max(1, Math.abs(plain))) return;
  throw new Problem('GOLDEN_MISMATCH', `The graph quotes ${graph}, and the model it was made from ${plain}`);
}

function* inBatches(people: readonly Insured[]) {
  for (let first = 0; first < people.length; first += BATCH) yield insuredTensors(people.slice(first, first + BATCH));
}

const some = (people: readonly Insured[], round: number, batch: number): Insured[] =>
  Array.from({ length: batch }, (_, row) => people[(round * batch + row) % people.length] as Insured);
