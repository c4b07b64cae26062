import { randomUUID } from 'node:crypto';
import { Problem } from '@vinaigrette/problems';
import { z } from 'zod';
import type { ArtifactTrees } from '../../artifact-trees.js';
import {
  checkBatch,
  checkMetrics,
  checkParams,
  checkTags,
  checkText,
  tagLengthMax,
  type LoggedMetric,
} from '../../domain/mlflow/limits.js';
import { offsetOf } from '../../domain/mlflow/page-token.js';
import type { Searchable } from '../../domain/mlflow/search-filter.js';
import type { Run, Runs } from '../../tracking.js';
import { listed } from './artifact-listing.js';
import { call, double, optionalText, pageSize, pairs, text, whole, type Call } from './call.js';
import { artifactUriOfRun, metricMessage, runInfoMessage, runMessage, textsOf } from './messages.js';
import { lifecyclesOf, search, searched, searchFields, viewType } from './search-calls.js';

const searchable: Searchable = {
  entities: ['attribute', 'metric', 'param', 'tag', 'dataset'],
  attributes: {
    run_id: 'text',
    run_name: 'text',
    status: 'text',
    user_id: 'text',
    artifact_uri: 'text',
    experiment_id: 'text',
    start_time: 'number',
    end_time: 'number',
    created: 'number',
    Created: 'number',
  },
};
const HISTORY_MAX = 25_000;

const metric = z.object({
  key: text,
  value: double,
  timestamp: whole,
  step: whole.default(0),
  model_id: optionalText,
  dataset_name: optionalText,
  dataset_digest: optionalText,
});
const dataset = z.object({
  tags: pairs.default([]),
  dataset: z.object({
    name: z.string().max(500),
    digest: z.string().max(36),
    source_type: text,
    source: text,
    schema: z.string().optional(),
    profile: z.string().optional(),
  }),
});
const status = z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']);
/** Old clients know a run by run_uuid. */
const run = { run_id: z.string().optional(), run_uuid: z.string().optional() };

function idOf({ run_id, run_uuid }: { run_id?: string | undefined; run_uuid?: string | undefined }): string {
  const id = run_id ?? run_uuid;
  if (id === undefined || id === '') throw new Problem('BODY_INVALID', 'run_id is missing', { field: 'run_id' });
  return id;
}

const loggedMetric = (given: z.infer<typeof metric>): LoggedMetric => ({
  key: given.key,
  value: given.value,
  atMs: given.timestamp,
  step: given.step,
  modelId: given.model_id,
  datasetName: given.dataset_name,
  datasetDigest: given.dataset_digest,
});

export function runCalls(runs: Runs, trees: ArtifactTrees, clock: () => number): Call[] {
  const found = async (id: string): Promise<Run> => {
    const one = await runs.find(id);
    if (!one) throw new Problem('RUN_NOT_FOUND', `Run with id=${id} not found`, { field: 'run_id' });
    return one;
  };
  const nothing = { metrics: [], params: [], tags: [] };
  return [
    call(
      'POST /mlflow/runs/create',
      z.object({
        experiment_id: z.string().default('0'),
        user_id: optionalText,
        run_name: optionalText,
        start_time: whole.optional(),
        tags: pairs.default([]),
      }),
      async ({ experiment_id, user_id, run_name, start_time, tags }) => {
        checkTags(tags, tagLengthMax.run);
        const id = randomUUID().replaceAll('-', '');
        const tagged = textsOf(tags);
        const name = run_name || tagged['mlflow.runName'] || `run-${id.slice(0, 8)}`;
        checkText(name, 'run_name', tagLengthMax.run);
        checkText(user_id, 'user_id', 256);
        const startedAtMs = start_time ?? clock();
        await runs.create({ id, experimentId: experiment_id, name, userId: user_id, startedAtMs, tags: tagged });
        return { run: runMessage(await found(id)) };
      },
    ),
    call('GET /mlflow/runs/get', z.object(run), async (request) => ({ run: runMessage(await found(idOf(request))) })),
    call(
      'POST /mlflow/runs/update',
      z.object({ ...run, status: status.optional(), end_time: whole.optional(), run_name: z.string().optional() }),
      async (request) => {
        const id = idOf(request);
        const { status, end_time: endedAtMs, run_name } = request;
        if (run_name !== undefined) checkText(run_name, 'run_name', tagLengthMax.run);
        await runs.change(id, {
          ...(status && { status }),
          ...(endedAtMs !== undefined && { endedAtMs }),
          ...(run_name && { name: run_name }),
        });
        return { run_info: runInfoMessage(await found(id)) };
      },
    ),
    call('POST /mlflow/runs/delete', z.object(run), (request) => runs.setLifecycle(idOf(request), 'deleted')),
    call('POST /mlflow/runs/restore', z.object(run), (request) => runs.setLifecycle(idOf(request), 'active')),
    call('POST /mlflow/runs/log-metric', z.object({ ...run, ...metric.shape }), (request) => {
      const metrics = [loggedMetric(request)];
      checkMetrics(metrics);
      return runs.log(idOf(request), { ...nothing, metrics });
    }),
    call('POST /mlflow/runs/log-parameter', z.object({ ...run, key: text, value: optionalText }), (request) =>
      runs.log(idOf(request), { ...nothing, params: checkParams([request]) }),
    ),
    call('POST /mlflow/runs/set-tag', z.object({ ...run, key: text, value: optionalText }), (request) => {
      checkTags([request], tagLengthMax.run);
      return runs.log(idOf(request), { ...nothing, tags: [request] });
    }),
    call('POST /mlflow/runs/delete-tag', z.object({ ...run, key: text }), (request) =>
      runs.deleteTag(idOf(request), request.key),
    ),
    call(
      'POST /mlflow/runs/log-batch',
      z.object({ ...run, metrics: z.array(metric).default([]), params: pairs.default([]), tags: pairs.default([]) }),
      (request) => {
        const { metrics, params, tags } = request;
        checkBatch({ metrics: metrics.length, params: params.length, tags: tags.length });
        const logged = metrics.map(loggedMetric);
        checkMetrics(logged);
        checkTags(tags, tagLengthMax.run);
        return runs.log(idOf(request), { metrics: logged, params: checkParams(params), tags });
      },
    ),
    call(
      'POST /mlflow/runs/log-inputs',
      z.object({
        ...run,
        datasets: z.array(dataset).max(1_000).default([]),
        models: z
          .array(z.object({ model_id: text }))
          .max(1_000)
          .default([]),
      }),
      (request) =>
        runs.addInputs(idOf(request), {
          datasets: request.datasets as Run['datasets'],
          inputModels: request.models.map(({ model_id }) => ({ modelId: model_id })),
        }),
    ),
    call(
      'POST /mlflow/runs/outputs',
      z.object({
        ...run,
        models: z
          .array(z.object({ model_id: text, step: whole.default(0) }))
          .max(1_000)
          .default([]),
      }),
      (request) =>
        runs.addInputs(idOf(request), {
          outputModels: request.models.map(({ model_id, step }) => ({ modelId: model_id, step })),
        }),
    ),
    // Clients of MLflow 2 tell here what they logged; MLmodel in the run's artefacts says the same.
    call('POST /mlflow/runs/log-model', z.object({ ...run, model_json: text }), async (request) => {
      const { tags } = await found(idOf(request));
      const history = [
        ...(JSON.parse(tags['mlflow.log-model.history'] ?? '[]') as unknown[]),
        parsed(request.model_json),
      ];
      const tag = { key: 'mlflow.log-model.history', value: JSON.stringify(history) };
      await runs.log(idOf(request), { ...nothing, tags: [tag] });
    }),
    call(
      'POST /mlflow/runs/search',
      z.object({
        ...searchFields,
        experiment_ids: z.array(text).default([]),
        run_view_type: viewType,
        max_results: pageSize(1_000, 50_000),
      }),
      async (request) => {
        const wanted = search(request, searchable, lifecyclesOf(request.run_view_type));
        const { rows, token } = searched(await runs.search(request.experiment_ids, wanted), wanted);
        return { runs: rows.map(runMessage), ...token };
      },
    ),
    call(
      'GET /mlflow/metrics/get-history',
      z.object({ ...run, metric_key: text, page_token: optionalText, max_results: pageSize(HISTORY_MAX, HISTORY_MAX) }),
      async (request) => {
        const page = { limit: request.max_results + 1, offset: offsetOf(request.page_token) };
        const id = (await found(idOf(request))).id;
        const { rows, token } = searched(await runs.history(id, request.metric_key, page.limit, page.offset), page);
        return { metrics: rows.map(metricMessage), ...token };
      },
    ),
    call('GET /mlflow/artifacts/list', z.object({ ...run, path: optionalText }), async (request) =>
      listed(trees, artifactUriOfRun(await found(idOf(request))), request.path),
    ),
  ];
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new Problem('BODY_INVALID', 'model_json is not JSON', { field: 'model_json', cause });
  }
}
