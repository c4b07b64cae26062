import { buildBaseline, type Baseline, type FeatureDefinition } from '@vinaigrette/drift';
import { loggedSchema, packRow, unpackRow, type LoggedRow, type Signature } from '@vinaigrette/signature';
import type { ModelSession, Tensors } from './model-session.js';

/**
 * The baseline of training questions, asked of the very graph that is served and read through the very log record the
 * monitor reads: what differs later has changed in the world and not on the way.
 *
 * @param batches inputs of the graph; the first dimension of each tensor is the batch
 * @param vocabularies by tensor: every value the training data held, where that is more than the questions show
 */
export async function answeredBaseline(
  session: ModelSession,
  signature: Signature,
  features: readonly FeatureDefinition[],
  batches: Iterable<Tensors>,
  vocabularies: Readonly<Record<string, readonly string[]>> = {},
): Promise<Baseline> {
  const schema = loggedSchema(signature);
  const rows: LoggedRow[] = [];
  for (const inputs of batches) {
    const tensors = { ...inputs, ...(await session.run(inputs)) };
    const [batch = 0] = Object.values(inputs)[0]?.shape ?? [];
    for (let row = 0; row < batch; row++) rows.push(unpackRow(schema, packRow(schema, tensors, row)));
  }
  return buildBaseline(features, rows, undefined, { vocabularies });
}
