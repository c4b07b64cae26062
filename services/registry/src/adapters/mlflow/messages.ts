import { loggedModelPath, runPath, uriOf } from '../../domain/mlflow/artifact-path.js';
import type { KeyValue, LoggedMetric } from '../../domain/mlflow/limits.js';
import { stageOf } from '../../domain/mlflow/stages.js';
import type { RegisteredModel, RegisteredVersion } from '../../registered-models.js';
import type { Experiment, LoggedModel, Point, Run, Texts } from '../../tracking.js';

/** Records as MLflow's messages are written in JSON: snake case, times in milliseconds. */
export const pairsOf = (texts: Texts): KeyValue[] => Object.entries(texts).map(([key, value]) => ({ key, value }));
export const textsOf = (pairs: readonly KeyValue[]): Texts =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, value]));

export const experimentMessage = (experiment: Experiment) => ({
  experiment_id: experiment.id,
  name: experiment.name,
  artifact_location: experiment.artifactLocation ?? uriOf(experiment.id),
  lifecycle_stage: experiment.lifecycle,
  creation_time: experiment.createdAtMs,
  last_update_time: experiment.updatedAtMs,
  tags: pairsOf(experiment.tags),
});

export const artifactUriOfRun = (run: Pick<Run, 'id' | 'experimentId' | 'experimentLocation'>): string =>
  run.experimentLocation === null
    ? uriOf(runPath(run.experimentId, run.id))
    : `${run.experimentLocation}/${run.id}/artifacts`;

export const runInfoMessage = (run: Run) => ({
  run_id: run.id,
  run_uuid: run.id,
  run_name: run.name,
  experiment_id: run.experimentId,
  user_id: run.userId,
  status: run.status,
  start_time: run.startedAtMs,
  ...(run.endedAtMs === null ? {} : { end_time: run.endedAtMs }),
  artifact_uri: artifactUriOfRun(run),
  lifecycle_stage: run.lifecycle,
});

export const runMessage = (run: Run) => ({
  info: runInfoMessage(run),
  data: { metrics: run.metrics.map(metricMessage), params: pairsOf(run.params), tags: pairsOf(run.tags) },
  inputs: { dataset_inputs: run.datasets, model_inputs: run.inputModels.map(({ modelId }) => ({ model_id: modelId })) },
  outputs: { model_outputs: run.outputModels.map(({ modelId, step }) => ({ model_id: modelId, step })) },
});

export const metricMessage = (metric: Point & Partial<LoggedMetric>) => ({
  key: metric.key,
  value: Number.isFinite(metric.value) ? metric.value : String(metric.value),
  timestamp: metric.atMs,
  step: metric.step,
  ...(metric.modelId ? { model_id: metric.modelId } : {}),
  ...(metric.datasetName ? { dataset_name: metric.datasetName, dataset_digest: metric.datasetDigest } : {}),
});

export const artifactUriOfModel = (model: Pick<LoggedModel, 'id' | 'experimentId' | 'experimentLocation'>): string =>
  model.experimentLocation === null
    ? uriOf(loggedModelPath(model.experimentId, model.id))
    : `${model.experimentLocation}/models/${model.id}/artifacts`;

export const loggedModelMessage = (model: LoggedModel) => ({
  info: {
    model_id: model.id,
    experiment_id: model.experimentId,
    name: model.name,
    creation_timestamp_ms: model.createdAtMs,
    last_updated_timestamp_ms: model.updatedAtMs,
    artifact_uri: artifactUriOfModel(model),
    status: model.status,
    model_type: model.modelType,
    source_run_id: model.sourceRunId,
    tags: pairsOf(model.tags),
    registrations: model.registrations.map(({ name, version }) => ({ name, version: String(version) })),
  },
  data: {
    params: pairsOf(model.params),
    metrics: model.metrics.map((metric) => ({ ...metricMessage(metric), run_id: metric.runId })),
  },
});

export const registeredModelMessage = (model: RegisteredModel) => ({
  name: model.name,
  creation_timestamp: model.createdAtMs,
  last_updated_timestamp: model.updatedAtMs,
  description: model.description,
  latest_versions: model.latest.map(registeredVersionMessage),
  tags: pairsOf(model.tags),
  aliases: Object.entries(model.aliases).map(([alias, version]) => ({ alias, version: String(version) })),
});

/** Whether the version is served, as tags nobody set, so that every client shows it. */
const servingTags = ({ servable, statusMessage }: RegisteredVersion): Texts => ({
  'vinaigrette.servable': String(servable),
  ...(statusMessage === '' ? {} : { 'vinaigrette.remedy': statusMessage }),
});

export const registeredVersionMessage = (version: RegisteredVersion) => ({
  name: version.name,
  version: String(version.version),
  creation_timestamp: version.createdAtMs,
  last_updated_timestamp: version.updatedAtMs,
  user_id: version.userId,
  current_stage: stageOf(version.aliases, version.archived),
  description: version.description,
  source: version.source,
  run_id: version.runId,
  run_link: version.runLink,
  model_id: version.modelId,
  status: 'READY',
  status_message: version.statusMessage,
  tags: pairsOf({ ...version.tags, ...servingTags(version) }),
  aliases: version.aliases,
});
