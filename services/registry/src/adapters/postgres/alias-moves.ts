import { Problem } from '@vinaigrette/problems';
import type { EntityManager } from 'typeorm';
import type { By } from '../../aliases.js';
import type { AliasFacts, AliasMove } from '../../domain/decide-alias.js';
import { previousHolder } from '../../domain/decide-roll-back.js';
import { MODEL_KIND } from '../../domain/names.js';
import { AliasChangeRow, AliasRow, DocumentRow, ModelVersionRow } from './entities.js';
import { announce } from './outbox.js';
import { lockUses } from './postgres-artifact-uses.js';
import { isCollected } from './postgres-model-versions.js';
import { nextRevision } from './wanted-revision.js';

/** An alias as its rows name it. */
export interface AliasRowKey {
  kind: string;
  name: string;
  alias: string;
}

/** The highest number the subject has; 0: there is none. Versions are never taken away. */
export async function highestVersion(manager: EntityManager, kind: string, name: string): Promise<number> {
  const highest =
    kind === MODEL_KIND
      ? await manager.maximum(ModelVersionRow, 'version', { model: name })
      : await manager.maximum(DocumentRow, 'version', { kind, name });
  return highest ?? 0;
}

/**
 * Throws VERSION_NOT_SERVABLE for a number of a model that only MLflow's clients see, and VERSION_COLLECTED for one whose
 * files are gone: nobody could load it.
 */
export async function checkServable(
  manager: EntityManager,
  { kind, name }: { kind: string; name: string },
  version: number,
): Promise<void> {
  if (kind !== MODEL_KIND || version === 0) return;
  await lockUses(manager);
  if (await isCollected(manager, name, version)) {
    throw new Problem('VERSION_COLLECTED', `The files of version ${version} of model ${name} were collected`, {
      field: 'version',
    });
  }
  if (await manager.existsBy(ModelVersionRow, { model: name, version })) return;
  throw new Problem('VERSION_NOT_SERVABLE', `Version ${version} of model ${name} is kept, and cannot be served`, {
    field: 'version',
  });
}

/** What a decision on the alias needs to know. Only right under the subject's lock. */
export async function readAliasFacts(manager: EntityManager, key: AliasRowKey): Promise<AliasFacts> {
  const past = await manager.find(AliasChangeRow, { where: key, order: { id: 'ASC' } });
  return {
    holder: past.at(-1)?.to ?? 0,
    highest: await highestVersion(manager, key.kind, key.name),
    past,
  };
}

/** Writes a move that was decided on those facts: alias, history and revision. The subject's lock must be held. */
export async function writeAliasMove(
  manager: EntityManager,
  key: AliasRowKey,
  { from, to, rolledBack }: AliasMove,
  { actor, reason, forced = false }: By,
  past: AliasFacts['past'],
): Promise<AliasChangeRow> {
  await checkServable(manager, key, to);
  const previous = previousHolder([...past, { from, to, rolledBack }]);
  if (to === 0) await manager.delete(AliasRow, key);
  else await manager.upsert(AliasRow, { ...key, version: to, previous }, ['kind', 'name', 'alias']);
  const revision = await nextRevision(manager);
  const written = await manager.insert(AliasChangeRow, {
    ...key,
    actor,
    reason,
    from,
    to,
    rolledBack,
    forced,
    revision,
  });
  const { kind, name, alias } = key;
  const moved = { subject: { kind, name }, alias, from, to, actor, reason, rolledBack, forced, revision };
  await announce(manager, 'alias.moved', moved);
  const { id } = written.identifiers[0] as { id: string };
  return manager.findOneByOrFail(AliasChangeRow, { id });
}
