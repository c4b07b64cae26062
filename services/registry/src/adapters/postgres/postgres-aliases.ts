import type { AliasChange } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import type { EntityManager } from 'typeorm';
import { Aliases, type AliasKey, type By } from '../../aliases.js';
import type { AliasDecision, AliasFacts } from '../../domain/decide-alias.js';
import { readAliasFacts, writeAliasMove, type AliasRowKey } from './alias-moves.js';
import { lockUntilCommit, type Database } from './database.js';
import { AliasChangeRow } from './entities.js';
import { aliasChangeOf } from './messages.js';
import { endRollouts } from './rollout-changes.js';
import { readRevision } from './wanted-revision.js';

export class PostgresAliases extends Aliases {
  constructor(private readonly database: Database) {
    super();
  }

  async move(
    { subject: { kind, name }, alias }: AliasKey,
    by: By,
    decide: (facts: AliasFacts) => AliasDecision,
  ): Promise<{ change: AliasChange; revision: bigint }> {
    return this.database.write(async (manager) => {
      const key = { kind, name, alias };
      await lockUntilCommit(manager, kind, name);
      const facts = await readAliasFacts(manager, key);
      const decision = decide(facts);
      if (decision.action === 'stay') return asItStands(manager, key);
      const change = await writeAliasMove(manager, key, decision, by, facts.past);
      await endRollouts(manager, key, decision.to, by);
      return { change: aliasChangeOf(change), revision: BigInt(change.revision) };
    });
  }

  async changes(kind: string, name: string): Promise<AliasChange[]> {
    const rows = await this.database.read((manager) =>
      manager.find(AliasChangeRow, { where: { kind, name }, order: { id: 'DESC' } }),
    );
    return rows.map(aliasChangeOf);
  }
}

/** The change that put the alias where it is. Taking away what nobody ever held has none. */
async function asItStands(manager: EntityManager, key: AliasRowKey) {
  const last = await manager.findOne(AliasChangeRow, { where: key, order: { id: 'DESC' } });
  if (!last) {
    throw new Problem('VERSION_NOT_FOUND', `Nobody ever held the alias ${key.alias} of ${key.kind} ${key.name}`, {
      field: 'alias',
    });
  }
  return { change: aliasChangeOf(last), revision: await readRevision(manager) };
}
