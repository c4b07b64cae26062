import { create } from '@bufbuild/protobuf';
import {
  WantedStateSchema,
  type Document,
  type ModelVersion,
  type WantedDocument,
  type WantedModel,
  type WantedState,
} from '@vinaigrette/contracts/registry';
import { parseDocument } from '@vinaigrette/documents';
import { problemOf } from '@vinaigrette/problems';
import { parseJson } from '@vinaigrette/serving';
import { loggedSchema, parseSignature } from '@vinaigrette/signature';

/** The alias under which a gateway follows documents. */
export const DOCUMENT_ALIAS = 'champion';

/** Something wanted that cannot be put in force, told to whoever is on call. */
export interface Fault {
  /** For example `rule-set shop 4`. */
  subject: string;
  why: string;
}

/**
 * The wanted state with everything that cannot be followed replaced by what was last good: a document that is not
 * valid, a version whose signature cannot be read. What never was good is left out. The faults say what and why.
 */
export function lastGood(
  wanted: WantedState,
  before: WantedState | undefined,
): { state: WantedState; faults: Fault[] } {
  const faults: Fault[] = [];
  const note = (subject: string, error: unknown) => faults.push({ subject, why: problemOf(error).message });
  const documents = wanted.documents.flatMap((document) => {
    const good = goodDocument(document, note);
    return good ?? before?.documents.find(({ kind, name }) => kind === document.kind && name === document.name) ?? [];
  });
  const models = wanted.models.map((model) =>
    goodModel(
      model,
      before?.models.find(({ name }) => name === model.name),
      note,
    ),
  );
  const { revision, rollouts } = wanted;
  return { state: create(WantedStateSchema, { revision, models, documents, rollouts }), faults };
}

type Note = (subject: string, error: unknown) => void;

function goodDocument(document: WantedDocument, note: Note): WantedDocument | undefined {
  const version = championOf(document);
  if (!version) return document; // not for gateways: nothing to follow
  try {
    parseDocument(document.kind, parseJson(version.bodyJson));
    return document;
  } catch (error) {
    note(`${document.kind} ${document.name} ${version.version}`, error);
    return undefined;
  }
}

/** The version a gateway follows; undefined when the alias names none. */
export function championOf(document: WantedDocument): Document | undefined {
  return document.versions.find(({ version }) => version === document.aliases[DOCUMENT_ALIAS]);
}

/** The model with its readable versions; an alias of an unreadable one stays where it was. */
function goodModel(model: WantedModel, before: WantedModel | undefined, note: Note): WantedModel {
  const bad = new Set(model.versions.filter((version) => !isReadable(version, note)).map(({ version }) => version));
  if (bad.size === 0) return model;
  const versions = new Map(model.versions.filter(({ version }) => !bad.has(version)).map((it) => [it.version, it]));
  const aliases: Record<string, number> = {};
  for (const [alias, wanted] of Object.entries(model.aliases)) {
    const version = bad.has(wanted) ? before?.aliases[alias] : wanted;
    const kept = versions.get(version ?? 0) ?? before?.versions.find((it) => it.version === version);
    if (version === undefined || !kept || bad.has(version)) continue;
    aliases[alias] = version;
    versions.set(version, kept);
  }
  return { ...model, aliases, versions: [...versions.values()] };
}

function isReadable(version: ModelVersion, note: Note): boolean {
  try {
    loggedSchema(parseSignature(parseJson(version.signatureJson)));
    return true;
  } catch (error) {
    note(`model ${version.model} ${version.version}`, error);
    return false;
  }
}
