import { Problem } from '@vinaigrette/problems';
import type { EntityManager } from 'typeorm';
import type { KeyValue } from '../../../domain/mlflow/limits.js';
import { stageOf } from '../../../domain/mlflow/stages.js';
import { MODEL_KIND } from '../../../domain/names.js';
import {
  RegisteredModels,
  type RegisteredModel,
  type RegisteredVersion,
  type VersionChange,
  type VersionTold,
} from '../../../registered-models.js';
import type { Search } from '../../../tracking.js';
import { lockUntilCommit, type Database } from '../database.js';
import { HIGHEST_NUMBER } from '../postgres-model-versions.js';
import {
  ALIASES,
  modelColumns,
  modelOf,
  SELECT_MODEL,
  SELECT_VERSION,
  SERVABLE,
  versionColumns,
  versionOf,
  type ModelRow,
  type VersionRow,
} from './registered-rows.js';
import { modelFolderOf } from '../../../publish-version.js';
import { moveFolder } from './postgres-artifact-trees.js';
import { jsonOf, orderSql, setTagSql, Values, whereSql } from './search-sql.js';

export class PostgresRegisteredModels extends RegisteredModels {
  constructor(private readonly database: Database) {
    super();
  }

  async create(name: string, description: string, tags: readonly KeyValue[], atMs: number): Promise<void> {
    await this.database.write(async (manager) => {
      await lockUntilCommit(manager, MODEL_KIND, name);
      if (await findModel(manager, name)) {
        throw new Problem('NAME_TAKEN', `There is a registered model ${name} already`, { field: 'name' });
      }
      await manager.query(
        `INSERT INTO registry.mlflow_registered_model VALUES ($1, $2, 'active', $3, $3, $4)
         ON CONFLICT (name) DO UPDATE SET description = excluded.description, lifecycle_stage = 'active',
           created_at_ms = excluded.created_at_ms, updated_at_ms = excluded.updated_at_ms, tags = excluded.tags`,
        [name, description, atMs, jsonOf(tags)],
      );
    });
  }

  async has(name: string): Promise<boolean> {
    const [row] = await this.database.query<{ found: boolean }[]>(
      'SELECT EXISTS (SELECT FROM registry.mlflow_registered_model_seen WHERE name = $1) AS found',
      [name],
    );
    return row?.found ?? false;
  }

  async find(name: string): Promise<RegisteredModel | undefined> {
    const row = await this.database.read(async (manager) => {
      const model = await findModel(manager, name);
      return model && { ...model, latest: await latestVersions(manager, [name]) };
    });
    return row && modelOf(row, row.latest);
  }

  async change(
    name: string,
    { description, tag }: { description?: string; tag?: { key: string; value: string | undefined } },
    atMs: number,
  ): Promise<void> {
    await this.database.write(async (manager) => {
      await this.adoptModel(manager, name);
      const values = new Values();
      const where = values.add(name, 'text');
      await manager.query(
        `UPDATE registry.mlflow_registered_model SET updated_at_ms = ${values.add(atMs, 'bigint')},
           description = coalesce(${values.add(description, 'text')}, description)
           ${tag ? `, tags = ${setTagSql(tag.key, tag.value, values)}` : ''} WHERE name = ${where}`,
        values.list,
      );
    });
  }

  async rename(name: string, newName: string, atMs: number): Promise<void> {
    await this.database.write(async (manager) => {
      for (const one of [name, newName].sort()) await lockUntilCommit(manager, MODEL_KIND, one);
      await checkRename(manager, name, newName);
      await manager.query('UPDATE registry.mlflow_registered_model SET name = $2, updated_at_ms = $3 WHERE name = $1', [
        name,
        newName,
        atMs,
      ]);
      await manager.query('UPDATE registry.mlflow_version SET name = $2 WHERE name = $1', [name, newName]);
      await manager.query('UPDATE registry.mlflow_alias SET name = $2 WHERE name = $1', [name, newName]);
      await moveFolder(manager, modelFolderOf(name), modelFolderOf(newName));
    });
  }

  async remove(name: string, atMs: number): Promise<void> {
    await this.database.write(async (manager) => {
      const { aliases } = await this.adoptModel(manager, name);
      const [alias] = Object.keys(aliases);
      if (alias !== undefined) throw inUse(name, alias);
      await manager.query(
        `INSERT INTO registry.mlflow_version
         SELECT name, version, source, run_id, run_link, model_id, description, user_id, status_message,
           'deleted', archived, created_at_ms, $2, tags FROM registry.mlflow_version_seen WHERE name = $1
         ON CONFLICT (name, version) DO UPDATE SET lifecycle_stage = 'deleted', updated_at_ms = $2`,
        [name, atMs],
      );
      await manager.query(
        `UPDATE registry.mlflow_registered_model SET lifecycle_stage = 'deleted', updated_at_ms = $2 WHERE name = $1`,
        [name, atMs],
      );
    });
  }

  async search({ conditions, order, limit, offset }: Search): Promise<RegisteredModel[]> {
    const values = new Values();
    const { rows, latest } = await this.database.read(async (manager) => {
      const rows = await manager.query<ModelRow[]>(
        `${SELECT_MODEL} WHERE true ${whereSql(conditions, modelColumns, values)}
         ORDER BY ${orderSql(order, modelColumns, values, 'model.name')}
         LIMIT ${values.add(limit, 'bigint')} OFFSET ${values.add(offset, 'bigint')}`,
        values.list,
      );
      const names = rows.map(({ name }) => name);
      return { rows, latest: await latestVersions(manager, names) };
    });
    return rows.map((row) =>
      modelOf(
        row,
        latest.filter(({ name }) => name === row.name),
      ),
    );
  }

  async addVersion(told: VersionTold, number: number | undefined, atMs: number): Promise<RegisteredVersion> {
    const { name } = told;
    return this.database.write(async (manager) => {
      await lockUntilCommit(manager, MODEL_KIND, name);
      const add = () => insertVersion(manager, told, number, atMs);
      const added = await add();
      if (added) return added;
      await this.adoptModel(manager, name);
      return (await add()) as RegisteredVersion;
    });
  }

  findVersion(name: string, version: number): Promise<RegisteredVersion | undefined> {
    return this.database.read((manager) => findVersion(manager, name, version));
  }

  async holder(name: string, alias: string): Promise<RegisteredVersion | undefined> {
    const [row] = await this.database.query<VersionRow[]>(
      `${SELECT_VERSION} WHERE version.name = $1 AND version.version =
           (SELECT version FROM registry.mlflow_alias_seen WHERE name = $1 AND alias = $2)`,
      [name, alias],
    );
    return row && versionOf(row);
  }

  async changeVersion(name: string, version: number, change: VersionChange, atMs: number): Promise<void> {
    const { description, archived, tag } = change;
    await this.database.write(async (manager) => {
      await this.adoptVersion(manager, name, version);
      const values = new Values();
      const [ofName, ofVersion] = [values.add(name, 'text'), values.add(version, 'integer')];
      await manager.query(
        `UPDATE registry.mlflow_version SET updated_at_ms = ${values.add(atMs, 'bigint')},
           description = coalesce(${values.add(description, 'text')}, description)
           ${archived === undefined ? '' : `, archived = ${archived}`}
           ${tag ? `, tags = ${setTagSql(tag.key, tag.value, values)}` : ''}
         WHERE name = ${ofName} AND version = ${ofVersion}`,
        values.list,
      );
    });
  }

  async removeVersion(name: string, version: number, atMs: number): Promise<void> {
    await this.database.write(async (manager) => {
      const { aliases } = await this.adoptVersion(manager, name, version);
      if (aliases[0] !== undefined) throw inUse(`version ${version} of ${name}`, aliases[0]);
      await manager.query(
        `UPDATE registry.mlflow_version SET lifecycle_stage = 'deleted', updated_at_ms = $3
         WHERE name = $1 AND version = $2`,
        [name, version, atMs],
      );
    });
  }

  /** Each half gives a page of its own, in the order of its index, and the page is cut from the two. */
  async searchVersions({ conditions, order, limit, offset }: Search): Promise<RegisteredVersion[]> {
    const values = new Values();
    const where = `WHERE true ${whereSql(conditions, versionColumns, values)}`;
    const sorted = `ORDER BY ${orderSql(order, versionColumns, values, tieBreakOf(order))}`;
    const first = `${where} ${sorted} LIMIT ${values.add(limit + offset, 'bigint')}`;
    const rows = await this.database.query<VersionRow[]>(
      `SELECT version.*, ${ALIASES} FROM (
         (SELECT * FROM registry.mlflow_version_told AS version ${first}) UNION ALL
         (SELECT * FROM registry.mlflow_version_served AS version ${first})
       ) AS version ${sorted} LIMIT ${values.add(limit, 'bigint')} OFFSET ${values.add(offset, 'bigint')}`,
      values.list,
    );
    return rows.map(versionOf);
  }

  async setOwnAlias(name: string, alias: string, version: number | undefined): Promise<void> {
    await this.database.write((manager) =>
      version === undefined
        ? manager.query('DELETE FROM registry.mlflow_alias WHERE name = $1 AND alias = $2', [name, alias])
        : manager.query(
            `INSERT INTO registry.mlflow_alias VALUES ($1, $2, $3)
             ON CONFLICT (name, alias) DO UPDATE SET version = excluded.version`,
            [name, alias, version],
          ),
    );
  }

  /** Holds off other changes of the model, and gives one that was registered without MLflow a row of MLflow's. */
  private async adoptModel(manager: EntityManager, name: string): Promise<ModelRow> {
    await lockUntilCommit(manager, MODEL_KIND, name);
    const found = await findModel(manager, name);
    if (!found) throw new Problem('MODEL_NOT_FOUND', `There is no registered model ${name}`, { field: 'name' });
    await manager.query(
      `INSERT INTO registry.mlflow_registered_model VALUES ($1, $2, 'active', $3, $4, $5) ON CONFLICT DO NOTHING`,
      [name, found.description, found.created_at_ms, found.updated_at_ms, JSON.stringify(found.tags)],
    );
    return found;
  }

  private async adoptVersion(manager: EntityManager, name: string, version: number): Promise<RegisteredVersion> {
    await lockUntilCommit(manager, MODEL_KIND, name);
    const found = await findVersion(manager, name, version);
    if (!found) {
      throw new Problem('VERSION_NOT_FOUND', `Model ${name} has no version ${version}`, { field: 'version' });
    }
    await manager.query(
      `INSERT INTO registry.mlflow_version
       SELECT name, version, source, run_id, run_link, model_id, description, user_id, status_message,
         lifecycle_stage, archived, created_at_ms, updated_at_ms, tags
       FROM registry.mlflow_version_seen WHERE name = $1 AND version = $2 ON CONFLICT DO NOTHING`,
      [name, version],
    );
    return found;
  }
}

/** Adds it below a model that MLflow was told of; undefined: there is none. The model's lock must be held. */
async function insertVersion(
  manager: EntityManager,
  told: VersionTold,
  number: number | undefined,
  atMs: number,
): Promise<RegisteredVersion | undefined> {
  const [row] = await manager.query<VersionRow[]>(
    `WITH model AS (
       UPDATE registry.mlflow_registered_model SET updated_at_ms = $10
       WHERE name = $1 AND lifecycle_stage = 'active' RETURNING name
     ), version AS (
       INSERT INTO registry.mlflow_version
       SELECT name, coalesce($2, ${HIGHEST_NUMBER} + 1), $3, $4, $5, $6, $7, $8, $9, 'active', false, $10, $10, $11 FROM model
       ON CONFLICT (name, version) DO UPDATE SET lifecycle_stage = 'active'
       RETURNING *
     )
     SELECT version.*, ${ALIASES}, ${SERVABLE} FROM version`,
    [
      told.name,
      number,
      told.source,
      told.runId,
      told.runLink,
      told.modelId,
      told.description,
      told.userId,
      told.statusMessage,
      atMs,
      JSON.stringify(told.tags),
    ],
  );
  return row && versionOf(row);
}

async function checkRename(manager: EntityManager, name: string, newName: string): Promise<void> {
  if (!(await findModel(manager, name))) {
    throw new Problem('MODEL_NOT_FOUND', `There is no registered model ${name}`, { field: 'name' });
  }
  const [row] = await manager.query<[{ served: boolean; taken: boolean }]>(
    `SELECT EXISTS (SELECT FROM registry.model_version WHERE model = $1) AS served,
       EXISTS (SELECT FROM registry.mlflow_registered_model WHERE name = $2)
         OR EXISTS (SELECT FROM registry.model_version WHERE model = $2) AS taken`,
    [name, newName],
  );
  if (row.taken) {
    throw new Problem('NAME_TAKEN', `There is, or was, a registered model ${newName} already`, { field: 'new_name' });
  }
  if (row.served) {
    throw new Problem('MODEL_NAME_KEPT', `${name} has versions that model servers load`, { field: 'name' });
  }
}

async function findModel(manager: EntityManager, name: string): Promise<ModelRow | undefined> {
  const [row] = await manager.query<ModelRow[]>(`${SELECT_MODEL} WHERE model.name = $1`, [name]);
  return row;
}

async function findVersion(
  manager: EntityManager,
  name: string,
  version: number,
): Promise<RegisteredVersion | undefined> {
  const [row] = await manager.query<VersionRow[]>(
    `${SELECT_VERSION} WHERE version.name = $1 AND version.version = $2`,
    [name, version],
  );
  return row && versionOf(row);
}

/** Of each model and stage the newest version. */
async function latestVersions(manager: EntityManager, names: readonly string[]): Promise<RegisteredVersion[]> {
  const rows = await manager.query<VersionRow[]>(
    `SELECT DISTINCT ON (name, archived, aliases) *
     FROM (${SELECT_VERSION} WHERE version.name = ANY($1)) AS seen
     ORDER BY name, archived, aliases, version DESC`,
    [names],
  );
  const newest = new Map<string, RegisteredVersion>();
  for (const version of rows.map(versionOf).sort((a, b) => b.version - a.version)) {
    const key = `${stageOf(version.aliases, version.archived)}/${version.name}`;
    if (!newest.has(key)) newest.set(key, version);
  }
  return [...newest.values()];
}

/** The newest change first, unless numbers are asked for: they are an order by themselves, which the index has. */
const tieBreakOf = (order: Search['order']): string =>
  order.some(({ key }) => key === 'version_number')
    ? 'version.name, version.version'
    : 'version.updated_at_ms DESC, version.name, version.version DESC';

const inUse = (what: string, alias: string): Problem =>
  new Problem('VERSION_IN_USE', `The alias ${alias} names ${what}`, { field: 'name' });
