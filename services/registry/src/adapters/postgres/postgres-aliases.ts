import type { AliasChange } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import type { EntityManager } from 'typeorm';
import { Aliases } from '../../aliases.js';
import type { AliasDecision, AliasFacts, AliasWish } from '../../domain/decide-alias.js';
import { MODEL_KIND } from '../../domain/names.js';
import { lockUntilCommit, type Database } from './database.js';
import { AliasChangeRow, AliasRow, DocumentRow, ModelVersionRow } from './entities.js';
import { aliasChangeOf } from './messages.js';
import { holderOf } from './postgres-model-versions.js';
import { readRevision } from './postgres-wanted-states.js';

/** The channel on which every registry hears that the wanted state changed. */
export const WANTED_CHANNEL = 'registry_wanted';

export class PostgresAliases extends Aliases {
  constructor(private readonly database: Database) {
    super();
  }

  async move(
    wish: AliasWish,
    by: { actor: string; reason: string },
    decide: (wish: AliasWish, facts: AliasFacts) => AliasDecision,
  ): Promise<{ change: AliasChange; revision: bigint }> {
    return this.database.write(async (manager) => {
      const { subject, alias } = wish;
      const key = { kind: subject.kind, name: subject.name, alias };
      await lockUntilCommit(manager, subject.kind, subject.name);
      const decision = decide(wish, await factsOf(manager, wish));
      if (decision.action === 'stay') return this.asItStands(manager, key);

      if (decision.to === 0) await manager.delete(AliasRow, key);
      else await manager.upsert(AliasRow, { ...key, version: decision.to }, ['kind', 'name', 'alias']);
      const revision = await nextRevision(manager);
      const { from, to } = decision;
      const written = await manager.insert(AliasChangeRow, { ...key, ...by, from, to, revision });
      const change = await manager.findOneByOrFail(AliasChangeRow, {
        id: (written.identifiers[0] as { id: string }).id,
      });
      await manager.query('SELECT pg_notify($1, $2)', [WANTED_CHANNEL, revision]);
      return { change: aliasChangeOf(change), revision: BigInt(revision) };
    });
  }

  async changes(kind: string, name: string): Promise<AliasChange[]> {
    const rows = await this.database.read((manager) =>
      manager.find(AliasChangeRow, { where: { kind, name }, order: { id: 'DESC' } }),
    );
    return rows.map(aliasChangeOf);
  }

  /** The change that put the alias where it is. Taking away what nobody ever held has none. */
  private async asItStands(manager: EntityManager, key: { kind: string; name: string; alias: string }) {
    const last = await manager.findOne(AliasChangeRow, { where: key, order: { id: 'DESC' } });
    if (!last) {
      throw new Problem('VERSION_NOT_FOUND', `Nobody ever held the alias ${key.alias} of ${key.kind} ${key.name}`, {
        field: 'alias',
      });
    }
    return { change: aliasChangeOf(last), revision: await readRevision(manager) };
  }
}

async function factsOf(manager: EntityManager, { subject, alias, version }: AliasWish): Promise<AliasFacts> {
  const { kind, name } = subject;
  const holder = (await holderOf(manager, kind, name, alias)) ?? 0;
  const highest =
    kind === MODEL_KIND
      ? await manager.maximum(ModelVersionRow, 'version', { model: name })
      : await manager.maximum(DocumentRow, 'version', { kind, name });
  // Numbers have no gaps and versions are never taken away, so the highest tells of all.
  return { holder, subjectExists: highest !== null, versionExists: version >= 1 && version <= (highest ?? 0) };
}

/** Counts one change. The row's lock is held until the commit, so revisions come in the order of the commits. */
async function nextRevision(manager: EntityManager): Promise<string> {
  const [rows] = await manager.query<[{ revision: string }[]]>(
    'UPDATE registry.wanted_revision SET revision = revision + 1 RETURNING revision',
  );
  return (rows[0] as { revision: string }).revision;
}
