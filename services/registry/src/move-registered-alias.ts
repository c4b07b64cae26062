import { Problem } from '@vinaigrette/problems';
import { aliasOfStage, stageAliases, type Stage } from './domain/mlflow/stages.js';
import type { RegisteredModels, RegisteredVersion } from './registered-models.js';
import type { SetAlias } from './set-alias.js';

/** What our own aliases may be called; MLflow allows more, and keeps those to itself. */
const OWN_ALIAS = /^[a-z][a-z0-9-]{0,63}$/;
const REASON = 'by a client of MLflow';

/**
 * Moves aliases and stages for MLflow's clients. An alias of a version that is served is the registry's own, with its
 * history; one of a version that only MLflow knows, or under a name that only MLflow allows, is seen by its clients only.
 */
export class MoveRegisteredAlias {
  constructor(
    private readonly models: RegisteredModels,
    private readonly setAlias: SetAlias,
  ) {}

  async move(name: string, alias: string, version: number, actor: string): Promise<void> {
    const wanted = await this.version(name, version);
    const holder = await this.models.holder(name, alias);
    if (wanted.servable && OWN_ALIAS.test(alias)) {
      await this.setOurs(name, alias, version, actor);
      await this.models.setOwnAlias(name, alias, undefined);
    } else if (holder?.servable && OWN_ALIAS.test(alias)) {
      throw new Problem(
        'VERSION_NOT_SERVABLE',
        `${alias} of ${name} is in force, and version ${version} is not served`,
        {
          field: 'version',
        },
      );
    } else {
      await this.models.setOwnAlias(name, alias, version);
    }
  }

  async remove(name: string, alias: string, actor: string): Promise<void> {
    const holder = await this.models.holder(name, alias);
    if (!holder) return;
    if (holder.servable && OWN_ALIAS.test(alias)) await this.setOurs(name, alias, 0, actor);
    else await this.models.setOwnAlias(name, alias, undefined);
  }

  /** Gives the version the alias of that stage and takes the other stage's away. `archiveOthers`: marks who held it. */
  async moveStage(
    { name, version }: { name: string; version: number },
    stage: Stage,
    archiveOthers: boolean,
    by: { actor: string; atMs: number },
  ): Promise<void> {
    const { aliases } = await this.version(name, version);
    const alias = aliasOfStage(stage);
    if (alias !== undefined) {
      const holder = await this.models.holder(name, alias);
      await this.move(name, alias, version, by.actor);
      if (archiveOthers && holder && holder.version !== version) {
        await this.models.changeVersion(name, holder.version, { archived: true }, by.atMs);
      }
    }
    for (const other of stageAliases) {
      if (other !== alias && aliases.includes(other)) await this.remove(name, other, by.actor);
    }
    await this.models.changeVersion(name, version, { archived: stage === 'Archived' }, by.atMs);
  }

  private async version(name: string, version: number): Promise<RegisteredVersion> {
    const found = await this.models.findVersion(name, version);
    if (found) return found;
    throw new Problem('VERSION_NOT_FOUND', `Model ${name} has no version ${version}`, { field: 'version' });
  }

  private async setOurs(name: string, alias: string, version: number, actor: string): Promise<void> {
    const wish = { subject: { kind: 'model', name }, alias, version, expected: undefined };
    await this.setAlias.set(wish, { actor, reason: REASON });
  }
}
