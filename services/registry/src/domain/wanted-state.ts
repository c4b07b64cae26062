import { create } from '@bufbuild/protobuf';
import {
  WantedDocumentSchema,
  WantedModelSchema,
  WantedStateSchema,
  type Document,
  type ModelVersion,
  type WantedState,
} from '@vinaigrette/contracts/registry';
import { MODEL_KIND } from './names.js';

/** An alias and the version that holds it. */
export interface HeldAlias {
  kind: string;
  name: string;
  alias: string;
  version: number;
}

/**
 * Everything a data plane needs, whole: models and documents that an alias names, each with those versions only, by
 * kind and name, versions newest first. Versions that no alias names are left out, whatever else is passed in.
 */
export function wantedState(
  revision: bigint,
  held: readonly HeldAlias[],
  modelVersions: readonly ModelVersion[],
  documents: readonly Document[],
): WantedState {
  const subjects = [...bySubject(held)].sort(byKey).map(([, aliases]) => {
    const { kind, name } = aliases[0] as HeldAlias;
    const named = new Set(aliases.map(({ version }) => version));
    const wanted = ({ version }: { version: number }) => named.has(version);
    return { kind, name, wanted, aliases: Object.fromEntries(aliases.map(({ alias, version }) => [alias, version])) };
  });
  return create(WantedStateSchema, {
    revision,
    models: subjects
      .filter(({ kind }) => kind === MODEL_KIND)
      .map(({ name, aliases, wanted }) => {
        const versions = modelVersions.filter((version) => version.model === name).filter(wanted);
        return create(WantedModelSchema, { name, aliases, versions: versions.sort(newestFirst) });
      }),
    documents: subjects
      .filter(({ kind }) => kind !== MODEL_KIND)
      .map(({ kind, name, aliases, wanted }) => {
        const versions = documents
          .filter((document) => document.kind === kind && document.name === name)
          .filter(wanted);
        return create(WantedDocumentSchema, { kind, name, aliases, versions: versions.sort(newestFirst) });
      }),
  });
}

function bySubject(held: readonly HeldAlias[]): Map<string, HeldAlias[]> {
  const subjects = new Map<string, HeldAlias[]>();
  for (const one of held) {
    const key = `${one.kind}/${one.name}`;
    subjects.set(key, [...(subjects.get(key) ?? []), one]);
  }
  return subjects;
}

const byKey = ([one]: [string, unknown], [other]: [string, unknown]): number => (one < other ? -1 : 1);
const newestFirst = (one: { version: number }, other: { version: number }): number => other.version - one.version;
