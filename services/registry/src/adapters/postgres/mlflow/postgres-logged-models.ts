import { Problem } from '@vinaigrette/problems';
import type { KeyValue } from '../../../domain/mlflow/limits.js';
import { LoggedModels, type LoggedModel, type Search, type Texts } from '../../../tracking.js';
import type { Database } from '../database.js';
import { jsonOf, orderSql, Values, whereSql, type Columns } from './search-sql.js';

interface Row {
  id: string;
  experiment_id: string;
  artifact_location: string | null;
  name: string;
  model_type: string;
  source_run_id: string;
  status: string;
  created_at_ms: string;
  updated_at_ms: string;
  params: Texts;
  tags: Texts;
  metrics: {
    run_id: string;
    key: string;
    value: string;
    at_ms: number;
    step: number;
    dataset_name: string;
    dataset_digest: string;
  }[];
  registrations: { name: string; version: number }[];
}

const SELECT = `
  SELECT model.*, experiment.artifact_location, coalesce((
    SELECT json_agg(latest) FROM (
      SELECT DISTINCT ON (key, dataset_name, dataset_digest)
        run_id, key, value::text, at_ms, step, dataset_name, dataset_digest
      FROM registry.mlflow_metric WHERE model_id = model.id AND model_id <> ''
      ORDER BY key, dataset_name, dataset_digest, at_ms DESC, step DESC) AS latest), '[]') AS metrics,
  coalesce((
    SELECT json_agg(json_build_object('name', name, 'version', version)) FROM registry.mlflow_version AS version
    WHERE version.model_id = model.id AND version.lifecycle_stage = 'active'), '[]') AS registrations
  FROM registry.mlflow_logged_model AS model
  JOIN registry.mlflow_experiment AS experiment ON experiment.id = model.experiment_id`;

const columns: Columns = {
  attributes: {
    name: 'model.name',
    model_id: 'model.id',
    model_type: 'model.model_type',
    status: 'model.status',
    source_run_id: 'model.source_run_id',
    experiment_id: 'model.experiment_id::text',
    creation_timestamp: 'model.created_at_ms',
    creation_time: 'model.created_at_ms',
    last_updated_timestamp: 'model.updated_at_ms',
    last_updated_time: 'model.updated_at_ms',
  },
  tags: 'model.tags',
  params: 'model.params',
  metric: (key) => `(SELECT value FROM registry.mlflow_metric AS metric
    WHERE metric.model_id = model.id AND model_id <> '' AND metric.key = ${key} ORDER BY at_ms DESC, step DESC LIMIT 1)`,
};

const loggedModelOf = (row: Row): LoggedModel => ({
  id: row.id,
  experimentId: row.experiment_id,
  experimentLocation: row.artifact_location,
  name: row.name,
  modelType: row.model_type,
  sourceRunId: row.source_run_id,
  status: row.status,
  createdAtMs: Number(row.created_at_ms),
  updatedAtMs: Number(row.updated_at_ms),
  params: row.params,
  tags: row.tags,
  metrics: row.metrics.map((metric) => ({
    runId: metric.run_id,
    key: metric.key,
    value: Number(metric.value),
    atMs: metric.at_ms,
    step: metric.step,
    modelId: row.id,
    datasetName: metric.dataset_name,
    datasetDigest: metric.dataset_digest,
  })),
  registrations: row.registrations,
});

export class PostgresLoggedModels extends LoggedModels {
  constructor(private readonly database: Database) {
    super();
  }

  async create(
    draft: Pick<LoggedModel, 'id' | 'experimentId' | 'name' | 'modelType' | 'sourceRunId' | 'params' | 'tags'>,
    atMs: number,
  ): Promise<void> {
    const { id, experimentId, name, modelType, sourceRunId, params, tags } = draft;
    await this.database.write(async (manager) => {
      const created = await manager.query<unknown[]>(
        `INSERT INTO registry.mlflow_logged_model
           SELECT $1, experiment.id, $3, $4, $5, 'LOGGED_MODEL_PENDING', 'active', $6, $6, $7, $8
           FROM registry.mlflow_experiment AS experiment WHERE experiment.id::text = $2
           RETURNING id`,
        [id, experimentId, name, modelType, sourceRunId, atMs, JSON.stringify(params), JSON.stringify(tags)],
      );
      if (created.length === 0) {
        throw new Problem('EXPERIMENT_NOT_FOUND', `There is no experiment ${experimentId}`, { field: 'experiment_id' });
      }
    });
  }

  async find(id: string): Promise<LoggedModel | undefined> {
    const [row] = await this.database.query<Row[]>(
      `${SELECT} WHERE model.id = $1 AND model.lifecycle_stage = 'active'`,
      [id],
    );
    return row && loggedModelOf(row);
  }

  change(
    id: string,
    change: { status?: string; params?: readonly KeyValue[]; tags?: readonly KeyValue[]; withoutTag?: string },
    atMs: number,
  ): Promise<void> {
    const { status, params = [], tags = [], withoutTag = '' } = change;
    return this.update(
      id,
      `status = coalesce($3, status), params = params || $4::jsonb, tags = (tags || $5::jsonb) - $6::text`,
      [atMs, status, jsonOf(params), jsonOf(tags), withoutTag],
    );
  }

  remove(id: string, atMs: number): Promise<void> {
    return this.update(id, `lifecycle_stage = 'deleted'`, [atMs]);
  }

  async search(experimentIds: readonly string[], { conditions, order, limit, offset }: Search): Promise<LoggedModel[]> {
    const values = new Values();
    const rows = await this.database.query<Row[]>(
      `${SELECT}
         WHERE model.experiment_id::text = ANY(${values.add(experimentIds, 'text[]')})
           AND model.lifecycle_stage = 'active' ${whereSql(conditions, columns, values)}
         ORDER BY ${orderSql(order, columns, values, 'model.created_at_ms DESC, model.id')}
         LIMIT ${values.add(limit, 'bigint')} OFFSET ${values.add(offset, 'bigint')}`,
      values.list,
    );
    return rows.map(loggedModelOf);
  }

  private async update(id: string, assignments: string, values: readonly unknown[]): Promise<void> {
    await this.database.write(async (manager) => {
      const [changed] = await manager.query<[unknown[], number]>(
        `UPDATE registry.mlflow_logged_model SET updated_at_ms = $2, ${assignments}
           WHERE id = $1 AND lifecycle_stage = 'active' RETURNING id`,
        [id, ...values],
      );
      if (changed.length === 0) {
        throw new Problem('LOGGED_MODEL_NOT_FOUND', `There is no logged model ${id}`, { field: 'model_id' });
      }
    });
  }
}
