import type { AliasChange } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import type { Aliases, AliasKey, By } from './aliases.js';
import { decideAlias, moved, type AliasWish } from './domain/decide-alias.js';
import { decideRollBack, type RollBackWish } from './domain/decide-roll-back.js';
import { checkActor, checkAliasName, checkName, checkReason } from './domain/names.js';
import type { JudgePromotion } from './judge-promotion.js';

/** Moves an alias atomically, and only from where the caller believes it stands. */
export class SetAlias {
  constructor(
    private readonly aliases: Aliases,
    private readonly gates: JudgePromotion,
  ) {}

  /** `force`: also against the promotion policy, which the history then shows. Throws GATE_NOT_PASSED otherwise. */
  async set(wish: AliasWish, by: By, force = false): Promise<{ change: AliasChange; revision: bigint }> {
    check(wish, by);
    const verdict = await this.gates.require(wish, by, force);
    return this.aliases.move(wish, { ...by, forced: verdict?.forced ?? false }, (facts) => {
      // The verdict compares with a version that has lost the alias since.
      if (verdict && verdict.champion !== facts.holder) {
        throw moved(wish.subject, wish.alias, facts.holder, verdict.champion);
      }
      return decideAlias(wish, facts);
    });
  }

  /** Gives it back to the version that held it before, which no policy has a say in: it passed once. */
  async rollBack(wish: RollBackWish, by: By): Promise<{ change: AliasChange; revision: bigint }> {
    check(wish, by);
    return this.aliases.move(wish, by, (facts) => decideRollBack(wish, facts));
  }
}

function check({ subject, alias }: AliasKey, { actor, reason }: By): void {
  if (subject.kind === '') {
    throw new Problem('BODY_INVALID', 'The subject has no kind: "model", or the kind of a document', {
      field: 'subject.kind',
    });
  }
  checkName(subject.kind, 'subject.kind');
  checkName(subject.name, 'subject.name');
  checkAliasName(alias, 'alias');
  checkActor(actor, 'actor');
  checkReason(reason, 'reason');
}
