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

/** How the world stands, read under the lock that the move is written under. */
export interface AliasFacts {
  /** The version that holds the alias; 0: nobody. */
  holder: number;
  /** Whether the subject has any version at all. */
  subjectExists: boolean;
  /** Whether it has the version that is wished for; of no meaning when that is 0. */
  versionExists: boolean;
}

/** `stay`: the alias stands there already, so nothing is written and nobody is told. */
export type AliasDecision = { action: 'move'; from: number; to: number } | { action: 'stay' };

/** Throws MODEL_NOT_FOUND, VERSION_NOT_FOUND, DOCUMENT_NOT_FOUND or ALIAS_MOVED when the wish cannot be granted. */
export function decideAlias(wish: AliasWish, facts: AliasFacts): AliasDecision {
  const { subject, alias, version, expected } = wish;
  const model = subject.kind === MODEL_KIND;
  if (!facts.subjectExists) {
    throw new Problem(model ? 'MODEL_NOT_FOUND' : 'DOCUMENT_NOT_FOUND', `There is no ${subject.kind} ${subject.name}`, {
      field: 'subject.name',
    });
  }
  if (version !== 0 && !facts.versionExists) {
    throw new Problem(
      model ? 'VERSION_NOT_FOUND' : 'DOCUMENT_NOT_FOUND',
      `${subject.kind} ${subject.name} has no version ${version}`,
      { field: 'version' },
    );
  }
  if (expected !== undefined && expected !== facts.holder) {
    throw new Problem(
      'ALIAS_MOVED',
      `${alias} of ${subject.kind} ${subject.name} is held by ${holderText(facts.holder)}, not by ${holderText(expected)}`,
      { field: 'expected' },
    );
  }
  return version === facts.holder ? { action: 'stay' } : { action: 'move', from: facts.holder, to: version };
}

const holderText = (version: number): string => (version === 0 ? 'nobody' : `version ${version}`);
