import type { Baseline, FeatureDefinition } from '@vinaigrette/drift';
import { Problem } from '@vinaigrette/problems';
import { readSignature, type Signature } from '@vinaigrette/signature';
import { answeredBaseline, goldenAnswers, measureCost, ModelSession, type GoldenAnswers } from '@vinaigrette/training';
import { inputs, type Customer } from './domain/columns.js';
import { probabilityOf, type Model } from './domain/fit.js';
import { graphOf } from './domain/graph.js';
import { tensorsOf } from './domain/tensors.js';

const BATCH = 256;
const GOLDEN_ROWS = 25;
/** The graph computes in float32. */
const DIFFERENCE_MAX = 1e-5;

export interface Version {
  onnx: Uint8Array;
  signature: Signature;
  golden: GoldenAnswers;
  baseline: Baseline;
  /** Microseconds a row, one thread. */
  cost: { batch1: number; batch32: number };
}

/** Every tensor that is logged is watched. */
const features = [...inputs, 'probability'].map((name): FeatureDefinition => ({
  name,
  kind: 'numeric',
  from: { kind: 'value', tensor: name },
  datatype: 'FP32',
}));

/** A graph of the model with its signature, golden answers and the baseline of these customers, at least one. */
export async function versionOfModel(model: Model, customers: readonly Customer[]): Promise<Version> {
  const onnx = graphOf(model);
  const signature: Signature = { ...readSignature(onnx), logged: features.map(({ name }) => ({ tensor: name })) };
  const session = await ModelSession.open(onnx);
  try {
    const asked = [...some(customers, 0, GOLDEN_ROWS), inputs.map(() => NaN)];
    const golden = await goldenAnswers(
      session,
      asked.map((customer) => tensorsOf([customer])),
      ({ probability }, at) => checkSame(probabilityOf(model, asked[at] as Customer), Number(probability?.data[0])),
    );
    return {
      onnx,
      signature,
      golden,
      baseline: await answeredBaseline(session, signature, features, inBatches(customers)),
      cost: {
        batch1: await measureCost(session, 1, (round) => tensorsOf(some(customers, round, 1))),
        batch32: await measureCost(session, 32, (round) => tensorsOf(some(customers, round, 32))),
      },
    };
  } finally {
    await session.close();
  }
}

function checkSame(plain: number, graph: number): void {
  if (Math.abs(plain - graph) <= DIFFERENCE_MAX) return;
  throw new Problem('GOLDEN_MISMATCH', `The graph says ${graph}, and the model it was made from ${plain}`);
}

function* inBatches(customers: readonly Customer[]) {
  for (let first = 0; first < customers.length; first += BATCH) yield tensorsOf(customers.slice(first, first + BATCH));
}

const some = (customers: readonly Customer[], round: number, batch: number): Customer[] =>
  Array.from({ length: batch }, (_, row) => customers[(round * batch + row) % customers.length] as Customer);
