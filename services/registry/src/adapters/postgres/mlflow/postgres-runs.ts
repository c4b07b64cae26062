import { Problem } from '@vinaigrette/problems';
import type { EntityManager } from 'typeorm';
import { latestMetrics } from '../../../domain/mlflow/latest-metrics.js';
import type { KeyValue, LoggedMetric } from '../../../domain/mlflow/limits.js';
import { Runs, type Batch, type Lifecycle, type Point, type Run, type Search, type Texts } from '../../../tracking.js';
import type { Database } from '../database.js';
import { jsonOf, orderSql, Values, whereSql, type Columns } from './search-sql.js';

/** Setting this tag renames the run. */
const NAME_TAG = 'mlflow.runName';

interface Row {
  id: string;
  experiment_id: string;
  artifact_location: string | null;
  name: string;
  user_id: string;
  status: string;
  lifecycle_stage: Lifecycle;
  started_at_ms: string;
  ended_at_ms: string | null;
  params: Texts;
  tags: Texts;
  datasets: Run['datasets'];
  input_models: Run['inputModels'];
  output_models: Run['outputModels'];
  metrics: [key: string, value: string, atMs: number, step: number][];
}

const SELECT = `
  SELECT run.*, experiment.artifact_location, coalesce((
    SELECT json_agg(json_build_array(key, value::text, at_ms, step) ORDER BY key)
    FROM registry.mlflow_latest_metric AS latest WHERE latest.run_id = run.id), '[]') AS metrics
  FROM registry.mlflow_run AS run JOIN registry.mlflow_experiment AS experiment ON experiment.id = run.experiment_id`;

const columns: Columns = {
  attributes: {
    run_id: 'run.id',
    run_name: 'run.name',
    status: 'run.status',
    user_id: 'run.user_id',
    experiment_id: 'run.experiment_id::text',
    artifact_uri: `(coalesce(experiment.artifact_location, 'mlflow-artifacts:/' || run.experiment_id)
      || '/' || run.id || '/artifacts')`,
    start_time: 'run.started_at_ms',
    created: 'run.started_at_ms',
    Created: 'run.started_at_ms',
    end_time: 'run.ended_at_ms',
  },
  optional: ['end_time'],
  tags: 'run.tags',
  params: 'run.params',
  metric: (key) =>
    `(SELECT value FROM registry.mlflow_latest_metric AS latest WHERE latest.run_id = run.id AND latest.key = ${key})`,
  datasets: `(SELECT entry -> 'dataset' ->> 'name' AS name, entry -> 'dataset' ->> 'digest' AS digest,
      (SELECT tag ->> 'value' FROM jsonb_array_elements(entry -> 'tags') AS tag
       WHERE tag ->> 'key' = 'mlflow.data.context') AS context
    FROM jsonb_array_elements(run.datasets) AS entry) AS dataset`,
};

const runOf = (row: Row): Run => ({
  id: row.id,
  experimentId: row.experiment_id,
  experimentLocation: row.artifact_location,
  name: row.name,
  userId: row.user_id,
  status: row.status,
  lifecycle: row.lifecycle_stage,
  startedAtMs: Number(row.started_at_ms),
  endedAtMs: row.ended_at_ms === null ? null : Number(row.ended_at_ms),
  params: row.params,
  tags: row.tags,
  datasets: row.datasets,
  inputModels: row.input_models,
  outputModels: row.output_models,
  metrics: row.metrics.map(([key, value, atMs, step]) => ({ key, value: Number(value), atMs, step })),
});

export class PostgresRuns extends Runs {
  constructor(private readonly database: Database) {
    super();
  }

  async create(draft: Pick<Run, 'id' | 'experimentId' | 'name' | 'userId' | 'startedAtMs' | 'tags'>): Promise<void> {
    const { id, experimentId, name, userId, startedAtMs, tags } = draft;
    await this.database.write(async (manager) => {
      const created = await manager.query<unknown[]>(
        `INSERT INTO registry.mlflow_run
           SELECT $1, experiment.id, $3, $4, 'RUNNING', 'active', $5, NULL, '{}', $6, '[]', '[]', '[]'
           FROM registry.mlflow_experiment AS experiment WHERE experiment.id::text = $2
           RETURNING id`,
        [id, experimentId, name, userId, startedAtMs, JSON.stringify({ ...tags, [NAME_TAG]: name })],
      );
      if (created.length === 0) {
        throw new Problem('EXPERIMENT_NOT_FOUND', `There is no experiment ${experimentId}`, { field: 'experiment_id' });
      }
    });
  }

  async find(id: string): Promise<Run | undefined> {
    const [row] = await this.database.query<Row[]>(`${SELECT} WHERE run.id = $1`, [id]);
    return row && runOf(row);
  }

  async change(id: string, { status, endedAtMs, name }: { status?: string; endedAtMs?: number; name?: string }) {
    await this.database.write(async (manager) => {
      await lockRun(manager, id);
      await manager.query(
        `UPDATE registry.mlflow_run SET status = coalesce($2, status), ended_at_ms = coalesce($3, ended_at_ms),
           name = coalesce($4, name), tags = tags || $5::jsonb WHERE id = $1`,
        [id, status, endedAtMs, name, name === undefined ? '{}' : JSON.stringify({ [NAME_TAG]: name })],
      );
    });
  }

  async setLifecycle(id: string, lifecycle: Lifecycle): Promise<void> {
    await this.database.write(async (manager) => {
      const [changed] = await manager.query<[unknown[], number]>(
        'UPDATE registry.mlflow_run SET lifecycle_stage = $2 WHERE id = $1 RETURNING id',
        [id, lifecycle],
      );
      if (changed.length === 0) throw notFound(id);
    });
  }

  async log(id: string, { metrics, params, tags }: Batch): Promise<void> {
    await this.database.write(async (manager) => {
      const { params: known } = await lockRun(manager, id);
      checkUnchanged(known, params);
      if (params.length + tags.length > 0) {
        const name = tags.find(({ key }) => key === NAME_TAG)?.value;
        await manager.query(
          `UPDATE registry.mlflow_run SET params = params || $2::jsonb, tags = tags || $3::jsonb,
             name = coalesce($4, name) WHERE id = $1`,
          [id, jsonOf(params), jsonOf(tags), name],
        );
      }
      if (metrics.length > 0) await addMetrics(manager, id, metrics);
    });
  }

  async deleteTag(id: string, key: string): Promise<void> {
    await this.database.write(async (manager) => {
      const { tags } = await lockRun(manager, id);
      if (!(key in tags)) throw new Problem('TAG_NOT_FOUND', `Run ${id} has no tag ${key}`, { field: 'key' });
      await manager.query('UPDATE registry.mlflow_run SET tags = tags - $2::text WHERE id = $1', [id, key]);
    });
  }

  async addInputs(id: string, inputs: Partial<Pick<Run, 'datasets' | 'inputModels' | 'outputModels'>>): Promise<void> {
    const { datasets = [], inputModels = [], outputModels = [] } = inputs;
    await this.database.write(async (manager) => {
      await lockRun(manager, id);
      await manager.query(
        `UPDATE registry.mlflow_run SET datasets = datasets || $2::jsonb, input_models = input_models || $3::jsonb,
           output_models = output_models || $4::jsonb WHERE id = $1`,
        [id, JSON.stringify(datasets), JSON.stringify(inputModels), JSON.stringify(outputModels)],
      );
    });
  }

  async search(experimentIds: readonly string[], search: Search): Promise<Run[]> {
    const { conditions, order, lifecycles, limit, offset } = search;
    const values = new Values();
    const rows = await this.database.query<Row[]>(
      `${SELECT}
         WHERE run.experiment_id::text = ANY(${values.add(experimentIds, 'text[]')})
           AND run.lifecycle_stage = ANY(${values.add(lifecycles, 'text[]')}) ${whereSql(conditions, columns, values)}
         ORDER BY ${orderSql(order, columns, values, 'run.started_at_ms DESC, run.id')}
         LIMIT ${values.add(limit, 'bigint')} OFFSET ${values.add(offset, 'bigint')}`,
      values.list,
    );
    return rows.map(runOf);
  }

  /** What was logged for a run and once more for a model of it is one point of the run's curve. */
  async history(id: string, key: string, limit: number, offset: number): Promise<Point[]> {
    const rows = await this.database.query<{ value: number; at_ms: string; step: string }[]>(
      `SELECT DISTINCT at_ms, step, value FROM registry.mlflow_metric WHERE run_id = $1 AND key = $2
         ORDER BY at_ms, step, value LIMIT $3 OFFSET $4`,
      [id, key, limit, offset],
    );
    return rows.map(({ value, at_ms, step }) => ({
      key,
      value: Number(value),
      atMs: Number(at_ms),
      step: Number(step),
    }));
  }
}

/** Holds off other writers of the run. Throws RUN_NOT_FOUND or RUN_DELETED. */
async function lockRun(manager: EntityManager, id: string): Promise<Pick<Row, 'params' | 'tags'>> {
  const [row] = await manager.query<Pick<Row, 'params' | 'tags' | 'lifecycle_stage'>[]>(
    'SELECT lifecycle_stage, params, tags FROM registry.mlflow_run WHERE id = $1 FOR UPDATE',
    [id],
  );
  if (!row) throw notFound(id);
  if (row.lifecycle_stage !== 'active') {
    throw new Problem('RUN_DELETED', `The run ${id} was deleted`, { field: 'run_id' });
  }
  return row;
}

function checkUnchanged(known: Texts, params: readonly KeyValue[]): void {
  params.forEach(({ key, value }, index) => {
    const before = known[key];
    if (before === undefined || before === value) return;
    throw new Problem('PARAMETER_CHANGED', `The parameter ${key} is ${before} already, and cannot become ${value}`, {
      field: `params[${index}].value`,
    });
  });
}

/** The same metric twice is once; the latest one of each key is kept beside. */
async function addMetrics(manager: EntityManager, id: string, metrics: readonly LoggedMetric[]): Promise<void> {
  const column = <Key extends keyof LoggedMetric>(of: readonly LoggedMetric[], key: Key) => of.map((one) => one[key]);
  await manager.query(
    `INSERT INTO registry.mlflow_metric (run_id, key, at_ms, step, value, model_id, dataset_name, dataset_digest)
     SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::double precision[], $6::text[], $7::text[], $8::text[])
     ON CONFLICT DO NOTHING`,
    [
      id,
      ...(['key', 'atMs', 'step', 'value', 'modelId', 'datasetName', 'datasetDigest'] as const).map((key) =>
        column(metrics, key),
      ),
    ],
  );
  const latest = latestMetrics(metrics);
  await manager.query(
    `INSERT INTO registry.mlflow_latest_metric AS latest (run_id, key, at_ms, step, value)
     SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::double precision[])
     ON CONFLICT (run_id, key) DO UPDATE SET at_ms = excluded.at_ms, step = excluded.step, value = excluded.value
     WHERE (excluded.step, excluded.at_ms, excluded.value) > (latest.step, latest.at_ms, latest.value)`,
    [id, ...(['key', 'atMs', 'step', 'value'] as const).map((key) => column(latest, key))],
  );
}

const notFound = (id: string): Problem => new Problem('RUN_NOT_FOUND', `There is no run ${id}`, { field: 'run_id' });
