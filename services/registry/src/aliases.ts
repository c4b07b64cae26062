import type { AliasChange } from '@vinaigrette/contracts/registry';
import type { AliasDecision, AliasFacts, AliasWish } from './domain/decide-alias.js';

/** Who holds which alias, and every change there ever was. */
export abstract class Aliases {
  /**
   * Does what `decide` makes of the facts: alias, history and revision change together or not at all, and no other
   * change of the subject comes between facts and move. Staying answers with the change that put the alias there.
   */
  abstract move(
    wish: AliasWish,
    by: { actor: string; reason: string },
    decide: (wish: AliasWish, facts: AliasFacts) => AliasDecision,
  ): Promise<{ change: AliasChange; revision: bigint }>;
  /** Every change of the subject's aliases, newest first. */
  abstract changes(kind: string, name: string): Promise<AliasChange[]>;
}
