import { create } from '@bufbuild/protobuf';
import { ModelSchema, type Model, type ModelVersion } from '@vinaigrette/contracts/registry';
import type { EntityManager } from 'typeorm';
import type { NumberDecision } from '../../domain/decide-number.js';
import { MODEL_KIND, type VersionChoice } from '../../domain/names.js';
import { ModelVersions, type VersionDraft } from '../../model-versions.js';
import { lockUntilCommit, type Database } from './database.js';
import { AliasRow, LineageRow, ModelVersionRow } from './entities.js';
import { modelVersionOf } from './messages.js';
import { announce } from './outbox.js';
import { lockUses } from './postgres-artifact-uses.js';

export class PostgresModelVersions extends ModelVersions {
  constructor(private readonly database: Database) {
    super();
  }

  async withFiles(model: string, filesDigest: string): Promise<ModelVersion | undefined> {
    return this.database.read(async (manager) => {
      const row = await manager.findOneBy(ModelVersionRow, { model, filesDigest });
      return row && !(await isCollected(manager, model, row.version)) ? modelVersionOf(row) : undefined;
    });
  }

  async add(
    { lineage, ...draft }: VersionDraft,
    filesDigest: string,
    decide: (same: number | undefined, highest: number) => NumberDecision,
    checkFiles: () => Promise<unknown>,
  ): Promise<{ modelVersion: ModelVersion; created: boolean }> {
    return this.database.write(async (manager) => {
      const { model } = draft;
      await lockUntilCommit(manager, MODEL_KIND, model);
      await lockUses(manager);
      await checkFiles();
      const same = await manager.findOneBy(ModelVersionRow, { model, filesDigest });
      const { version, created } = decide(same?.version, await highestNumber(manager, model));
      if (same) {
        // Its files are there again, if they ever were collected.
        await manager.query('DELETE FROM registry.collected_version WHERE (model, version) = ($1, $2)', [
          model,
          version,
        ]);
        return { modelVersion: modelVersionOf(same), created };
      }
      await manager.insert(ModelVersionRow, {
        ...draft,
        version,
        filesDigest,
        files: draft.files.map(({ path, sha256, sizeBytes }) => ({ path, sha256, sizeBytes: Number(sizeBytes) })),
        schemaId: Buffer.from(draft.schemaId),
      });
      const { description, createdBy, hasBaseline } = draft;
      await announce(manager, 'version.ready', { model, version, description, createdBy, hasBaseline });
      if (lineage) await manager.insert(LineageRow, { model, version, lineage });
      return {
        modelVersion: modelVersionOf(await manager.findOneByOrFail(ModelVersionRow, { model, version })),
        created,
      };
    });
  }

  async find(model: string, choice: VersionChoice): Promise<ModelVersion | undefined> {
    return this.database.read(async (manager) => {
      const version = 'version' in choice ? choice.version : await holderOf(manager, MODEL_KIND, model, choice.alias);
      const row = version && (await manager.findOneBy(ModelVersionRow, { model, version }));
      return row ? modelVersionOf(row) : undefined;
    });
  }

  async models(name?: string): Promise<Model[]> {
    return this.database.read(async (manager) => {
      const rows = await manager.find(ModelVersionRow, {
        where: name === undefined ? {} : { model: name },
        order: { model: 'ASC', version: 'DESC' },
      });
      const held = await manager.findBy(AliasRow, { kind: MODEL_KIND, ...(name === undefined ? {} : { name }) });
      const models = new Map<string, Model>();
      for (const row of rows) {
        const model = models.get(row.model) ?? create(ModelSchema, { name: row.model });
        model.versions.push(modelVersionOf(row));
        models.set(row.model, model);
      }
      for (const { name: model, alias, version } of held) (models.get(model) as Model).aliases[alias] = version;
      return [...models.values()];
    });
  }
}

/** Whether garbage collection has taken a version's files. */
export async function isCollected(manager: EntityManager, model: string, version: number): Promise<boolean> {
  const found = await manager.query<unknown[]>(
    'SELECT FROM registry.collected_version WHERE (model, version) = ($1, $2)',
    [model, version],
  );
  return found.length > 0;
}

/** The highest number given to model $1 so far, also to a version that only MLflow's clients see; 0: none. */
export const HIGHEST_NUMBER = `greatest((SELECT max(version) FROM registry.model_version WHERE model = $1),
  (SELECT max(version) FROM registry.mlflow_version WHERE name = $1), 0)`;

async function highestNumber(manager: EntityManager, model: string): Promise<number> {
  const [row] = await manager.query<[{ highest: number }]>(`SELECT ${HIGHEST_NUMBER} AS highest`, [model]);
  return row.highest;
}

/** The version that holds an alias; undefined: nobody. */
export async function holderOf(
  manager: EntityManager,
  kind: string,
  name: string,
  alias: string,
): Promise<number | undefined> {
  const row = await manager.findOneBy(AliasRow, { kind, name, alias });
  return row?.version;
}
