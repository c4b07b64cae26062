import type { AliasChange } from '@vinaigrette/contracts/registry';
import type { AliasDecision, AliasFacts } from './domain/decide-alias.js';

/** Who did something, and why. */
export interface By {
  actor: string;
  reason: string;
  /** Against the promotion policy; absent: not so. */
  forced?: boolean;
}

/** An alias of a model or a document. */
export interface AliasKey {
  subject: { kind: string; name: string };
  alias: string;
}

/** Who holds which alias, and every change there ever was. */
export abstract class Aliases {
  /**
   * Does what `decide` makes of the facts: alias, history and revision change together or not at all, no other change
   * of the subject comes between facts and move, and rollouts of the alias end with it. Staying answers with the change
   * that put the alias there.
   */
  abstract move(
    key: AliasKey,
    by: By,
    decide: (facts: AliasFacts) => AliasDecision,
  ): Promise<{ change: AliasChange; revision: bigint }>;
  /** Every change of the subject's aliases, newest first. */
  abstract changes(kind: string, name: string): Promise<AliasChange[]>;
}
