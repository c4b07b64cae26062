import { Problem } from '@vinaigrette/problems';
import { MODEL_KIND } from './names.js';

/** What a caller wants of an alias. Versions count from 1; 0 is nobody. */
export interface AliasWish {
  subject: { kind: string; name: string };
  alias: string;
  version: number;
  /** The version the caller believes holds the alias; undefined: move it whoever holds it. */
  expected: number | undefined;
}

/** One move of an alias that was made. */
export interface AliasMove {
  from: number;
  to: number;
  /** Whether it undid an earlier move. */
  rolledBack: boolean;
}

/** How the world stands, read under the lock that the move is written under. */
export interface AliasFacts {
  /** The version that holds the alias; 0: nobody. */
  holder: number;
  /** The highest version the subject has; 0: there is no such subject. Numbers have no gaps. */
  highest: number;
  /** Every move of the alias so far, oldest first. */
  past: readonly AliasMove[];
}

/** `stay`: the alias stands there already, so nothing is written and nobody is told. */
export type AliasDecision = ({ action: 'move' } & AliasMove) | { action: 'stay' };

/** Throws MODEL_NOT_FOUND, VERSION_NOT_FOUND, DOCUMENT_NOT_FOUND or ALIAS_MOVED when the wish cannot be granted. */
export function decideAlias(wish: AliasWish, facts: AliasFacts): AliasDecision {
  const { subject, alias, version, expected } = wish;
  checkVersion(subject, version, facts.highest, 'version');
  if (expected !== undefined && expected !== facts.holder) throw moved(subject, alias, facts.holder, expected);
  if (version === facts.holder) return { action: 'stay' };
  return { action: 'move', from: facts.holder, to: version, rolledBack: false };
}

/** Throws unless there is such a subject, and such a version of it; 0 is nobody, whom every subject has. */
export function checkVersion(
  { kind, name }: { kind: string; name: string },
  version: number,
  highest: number,
  field: string,
): void {
  const model = kind === MODEL_KIND;
  if (highest === 0) {
    throw new Problem(model ? 'MODEL_NOT_FOUND' : 'DOCUMENT_NOT_FOUND', `There is no ${kind} ${name}`, {
      field: 'subject.name',
    });
  }
  if (version > highest) {
    throw new Problem(model ? 'VERSION_NOT_FOUND' : 'DOCUMENT_NOT_FOUND', `${kind} ${name} has no version ${version}`, {
      field,
    });
  }
}

/** Says that the caller's picture is old. */
export function moved(
  subject: { kind: string; name: string },
  alias: string,
  holder: number,
  expected: number,
): Problem {
  return new Problem(
    'ALIAS_MOVED',
    `${alias} of ${subject.kind} ${subject.name} is held by ${holderText(holder)}, not by ${holderText(expected)}`,
    { field: 'expected' },
  );
}

const holderText = (version: number): string => (version === 0 ? 'nobody' : `version ${version}`);
