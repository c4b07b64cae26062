import type { Document, ModelVersion, WantedState } from '@vinaigrette/contracts/registry';
import type { VersionChoice } from './names.js';

/** The version of a model in a wanted state; undefined: it is not wanted, which says nothing of whether there is one. */
export function findWantedVersion(
  state: WantedState | undefined,
  name: string,
  choice: VersionChoice,
): ModelVersion | undefined {
  return chosen(
    state?.models.find((model) => model.name === name),
    choice,
  );
}

/** The same of a document. */
export function findWantedDocument(
  state: WantedState | undefined,
  { kind, name }: { kind: string; name: string },
  choice: VersionChoice,
): Document | undefined {
  return chosen(
    state?.documents.find((document) => document.kind === kind && document.name === name),
    choice,
  );
}

function chosen<Version extends { version: number }>(
  wanted: { aliases: Record<string, number>; versions: Version[] } | undefined,
  choice: VersionChoice,
): Version | undefined {
  const number = 'version' in choice ? choice.version : wanted?.aliases[choice.alias];
  return wanted?.versions.find(({ version }) => version === number);
}
