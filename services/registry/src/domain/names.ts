import { Problem } from '@vinaigrette/problems';

/** Models and documents; also what a file of documents is called by. */
const NAME = /^[a-z0-9-]{1,64}$/;
/** A letter first, so that an alias is never taken for a number. */
const ALIAS = /^[a-z][a-z0-9-]{0,63}$/;
const SHA256 = /^[0-9a-f]{64}$/;
/** A whole number that PostgreSQL's integer holds. */
const VERSION = /^[1-9][0-9]{0,8}$/;

const ACTOR_LENGTH_MAX = 200;
const REASON_LENGTH_MAX = 2_000;
const PATH_LENGTH_MAX = 255;
const EVIDENCE_LENGTH_MAX = 64 * 1024;

/** What an alias points to when it names a model and not a document. */
export const MODEL_KIND = 'model';

/** Which version a caller asks for: by its number, or by the alias that names one. */
export type VersionChoice = { version: number } | { alias: string };

export function checkName(name: string, field: string): void {
  if (!NAME.test(name)) refuse(field, `${quoted(name)} is not a name: 1 to 64 of a-z, 0-9 and "-"`);
}

export function checkAliasName(alias: string, field: string): void {
  if (!ALIAS.test(alias))
    refuse(field, `${quoted(alias)} is not an alias: a letter, then up to 63 of a-z, 0-9 and "-"`);
}

export function checkSha256(sha256: string, field: string): void {
  if (!SHA256.test(sha256)) refuse(field, `${quoted(sha256)} is not a SHA-256: 64 of 0-9 and a-f, lower case`);
}

/** Who did it: shown in the history for ever, so it is never empty. */
export function checkActor(actor: string, field: string): void {
  checkText(actor, field, ACTOR_LENGTH_MAX);
  if (actor.trim() === '') refuse(field, 'The actor is empty: say who does this');
}

/** Why it was done: shown in the history for ever, so it is never empty. */
export function checkReason(reason: string, field: string): void {
  checkText(reason, field, REASON_LENGTH_MAX);
  if (reason.trim() === '') refuse(field, 'The reason is empty: say why, for whoever reads the history');
}

export function checkDescription(description: string, field: string): void {
  checkText(description, field, REASON_LENGTH_MAX);
}

/** The numbers behind a verdict: JSON, or nothing. */
export function checkEvidence(text: string, field: string): void {
  if (text.length > EVIDENCE_LENGTH_MAX) {
    refuse(field, `The evidence has ${text.length} characters; at most ${EVIDENCE_LENGTH_MAX} are kept`);
  }
  if (text === '') return;
  try {
    JSON.parse(text);
  } catch (error) {
    refuse(field, `The evidence is not JSON: ${(error as Error).message}`);
  }
  if (text.includes('\0')) refuse(field, 'The evidence holds control characters');
}

/** A file's place within its version: relative, with forward slashes, never out of the folder it is laid out in. */
export function checkPath(path: string, field: string): void {
  const parts = path.split('/');
  const sound =
    path.length <= PATH_LENGTH_MAX &&
    !path.includes('\\') &&
    !hasControlCharacter(path) &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (!sound) {
    refuse(
      field,
      `${quoted(path)} is not a path: relative, "/" between parts, no "..", at most ${PATH_LENGTH_MAX} characters`,
    );
  }
}

/** "12" is version 12, "champion" is whatever that alias names. */
export function versionChoice(text: string, field: string): VersionChoice {
  if (VERSION.test(text)) return { version: Number(text) };
  if (ALIAS.test(text)) return { alias: text };
  return refuse(field, `${quoted(text)} is neither a version's number nor an alias`);
}

/** PostgreSQL's text refuses NUL, and a history with control characters cannot be read in a terminal. */
function checkText(text: string, field: string, lengthMax: number): void {
  if (text.length > lengthMax) refuse(field, `The text has ${text.length} characters; at most ${lengthMax} are kept`);
  if (hasControlCharacter(text.replaceAll(/[\n\t]/g, ' '))) refuse(field, 'The text holds control characters');
}

const hasControlCharacter = (text: string): boolean => /\p{Cc}/u.test(text);

/** A caller's text within a message: cut, so that a message stays a message. */
const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);

function refuse(field: string, message: string): never {
  throw new Problem('BODY_INVALID', message, { field });
}
