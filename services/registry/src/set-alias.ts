import type { AliasChange } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import type { Aliases } from './aliases.js';
import { decideAlias, type AliasWish } from './domain/decide-alias.js';
import { checkActor, checkAliasName, checkName, checkReason } from './domain/names.js';

/** Moves an alias atomically, and only from where the caller believes it stands. */
export class SetAlias {
  constructor(private readonly aliases: Aliases) {}

  async set(
    wish: AliasWish,
    by: { actor: string; reason: string },
  ): Promise<{ change: AliasChange; revision: bigint }> {
    if (wish.subject.kind === '') {
      throw new Problem('BODY_INVALID', 'The subject has no kind: "model", or the kind of a document', {
        field: 'subject.kind',
      });
    }
    checkName(wish.subject.kind, 'subject.kind');
    checkName(wish.subject.name, 'subject.name');
    checkAliasName(wish.alias, 'alias');
    checkActor(by.actor, 'actor');
    checkReason(by.reason, 'reason');
    return this.aliases.move(wish, by, decideAlias);
  }
}
