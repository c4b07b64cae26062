import { sqlStateOf } from '@vinaigrette/postgres';
import { Problem } from '@vinaigrette/problems';
import { Experiments, type Experiment, type Lifecycle, type Search, type Texts } from '../../../tracking.js';
import type { Database } from '../database.js';
import { orderSql, setTagSql, Values, whereSql, type Columns } from './search-sql.js';

const UNIQUE_VIOLATION = '23505';

interface Row {
  id: string;
  name: string;
  artifact_location: string | null;
  lifecycle_stage: Lifecycle;
  created_at_ms: string;
  updated_at_ms: string;
  tags: Texts;
}

const columns: Columns = {
  attributes: {
    name: 'name',
    experiment_id: 'id::text',
    creation_time: 'created_at_ms',
    last_update_time: 'updated_at_ms',
  },
  tags: 'tags',
};

const experimentOf = (row: Row): Experiment => ({
  id: row.id,
  name: row.name,
  artifactLocation: row.artifact_location,
  lifecycle: row.lifecycle_stage,
  createdAtMs: Number(row.created_at_ms),
  updatedAtMs: Number(row.updated_at_ms),
  tags: row.tags,
});

export class PostgresExperiments extends Experiments {
  constructor(private readonly database: Database) {
    super();
  }

  async create({ name, artifactLocation, tags }: Pick<Experiment, 'name' | 'artifactLocation' | 'tags'>, atMs: number) {
    const [row] = await this.uniquely(name, () =>
      this.database.change<{ id: string }[]>(
        `INSERT INTO registry.mlflow_experiment
             (name, artifact_location, lifecycle_stage, created_at_ms, updated_at_ms, tags)
           VALUES ($1, $2, 'active', $3, $3, $4) RETURNING id`,
        [name, artifactLocation, atMs, JSON.stringify(tags)],
      ),
    );
    return (row as { id: string }).id;
  }

  async find(by: { id: string } | { name: string }): Promise<Experiment | undefined> {
    const [column, value] = 'id' in by ? ['id::text', by.id] : ['name', by.name];
    const [row] = await this.database.query<Row[]>(`SELECT * FROM registry.mlflow_experiment WHERE ${column} = $1`, [
      value,
    ]);
    return row && experimentOf(row);
  }

  async change(id: string, { name, lifecycle }: { name?: string; lifecycle?: Lifecycle }, atMs: number): Promise<void> {
    await this.uniquely(name ?? id, () =>
      this.update(
        id,
        `name = coalesce($2, name), lifecycle_stage = coalesce($3, lifecycle_stage), updated_at_ms = $4`,
        [name, lifecycle, atMs],
      ),
    );
  }

  async setTag(id: string, key: string, value: string | undefined, atMs: number): Promise<void> {
    const values = new Values();
    values.add(id, 'text');
    const tags = setTagSql(key, value, values);
    const at = values.add(atMs, 'bigint');
    await this.update(id, `tags = ${tags}, updated_at_ms = ${at}`, values.list.slice(1));
  }

  async search({ conditions, order, lifecycles, limit, offset }: Search): Promise<Experiment[]> {
    const values = new Values();
    const rows = await this.database.query<Row[]>(
      `SELECT * FROM registry.mlflow_experiment
         WHERE lifecycle_stage = ANY(${values.add(lifecycles, 'text[]')}) ${whereSql(conditions, columns, values)}
         ORDER BY ${orderSql(order, columns, values, 'mlflow_experiment.id DESC')}
         LIMIT ${values.add(limit, 'bigint')} OFFSET ${values.add(offset, 'bigint')}`,
      values.list,
    );
    return rows.map(experimentOf);
  }

  private async update(id: string, assignments: string, values: readonly unknown[]): Promise<void> {
    await this.database.write(async (manager) => {
      const [changed] = await manager.query<[unknown[], number]>(
        `UPDATE registry.mlflow_experiment SET ${assignments} WHERE id::text = $1 RETURNING id`,
        [id, ...values],
      );
      if (changed.length === 0) {
        throw new Problem('EXPERIMENT_NOT_FOUND', `There is no experiment ${id}`, { field: 'experiment_id' });
      }
    });
  }

  private async uniquely<T>(name: string, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (cause) {
      if (sqlStateOf(cause) !== UNIQUE_VIOLATION) throw cause;
      throw new Problem('NAME_TAKEN', `There is an experiment ${name} already`, { field: 'name', cause });
    }
  }
}
