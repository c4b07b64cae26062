import { parseLineage, type Lineage } from '@vinaigrette/lineage';
import type { Run } from '../tracking.js';

/** Tags that MLflow's clients set by themselves. */
const COMMIT_TAG = 'mlflow.source.git.commit';

/** What a run of the tracking server says of where its model comes from. */
export function lineageOfRun({ id, params, metrics, tags, datasets }: Run): Lineage {
  const commit = tags[COMMIT_TAG];
  return parseLineage({
    format: 1,
    data: datasets.map(({ dataset: { name, digest } }) => ({ name, digest })),
    ...(commit !== undefined && /^[0-9a-f]{7,64}$/.test(commit) ? { code: { commit } } : {}),
    parameters: params,
    metrics: Object.fromEntries(
      metrics.map(({ key, value }) => [key, value]).filter(([, value]) => Number.isFinite(value)),
    ),
    parentRun: id,
  });
}
