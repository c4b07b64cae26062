import { Problem } from '@vinaigrette/problems';
import { checkVersion, moved, type AliasDecision, type AliasFacts, type AliasMove } from './decide-alias.js';

/** What a caller wants undone. */
export interface RollBackWish {
  subject: { kind: string; name: string };
  alias: string;
  /** The version that is to lose the alias; undefined: whoever holds it. */
  expected: number | undefined;
}

/**
 * Who held the alias before its holder does; 0: nobody. A roll back undoes a move, so the version it took the alias from
 * is not "before" any more: rolling back twice goes two versions back, never forth again.
 */
export function previousHolder(past: readonly AliasMove[]): number {
  const before: number[] = [];
  let holder = 0;
  for (const { from, to, rolledBack } of past) {
    if (rolledBack) before.pop();
    else if (from !== 0) before.push(from);
    holder = to;
    while (before.length > 0 && before.at(-1) === holder) before.pop(); // taken away, and given to the same again
  }
  return before.at(-1) ?? 0;
}

/**
 * The way back. Called again with the same `expected` it stays: the caller may not know that the first call arrived.
 * Throws ALIAS_MOVED, PREVIOUS_VERSION_MISSING, MODEL_NOT_FOUND or DOCUMENT_NOT_FOUND.
 */
export function decideRollBack({ subject, alias, expected }: RollBackWish, facts: AliasFacts): AliasDecision {
  checkVersion(subject, 0, facts.highest, 'subject.name');
  const { holder, past } = facts;
  if (expected !== undefined && expected !== holder) {
    const last = past.at(-1);
    if (last?.rolledBack && last.from === expected) return { action: 'stay' };
    throw moved(subject, alias, holder, expected);
  }
  const previous = previousHolder(past);
  if (previous === 0) {
    throw new Problem('PREVIOUS_VERSION_MISSING', `Nobody held ${alias} of ${subject.kind} ${subject.name} before`, {
      field: 'alias',
    });
  }
  return { action: 'move', from: holder, to: previous, rolledBack: true };
}
