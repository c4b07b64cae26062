import { create } from '@bufbuild/protobuf';
import {
  WantedDocumentSchema,
  WantedModelSchema,
  WantedStateSchema,
  type Document,
  type ModelVersion,
  type Rollout,
  type WantedState,
} from '@vinaigrette/contracts/registry';
import { MODEL_KIND } from './names.js';

/** An alias, the version that holds it, and the one that held it before (0: nobody). */
export interface HeldAlias {
  kind: string;
  name: string;
  alias: string;
  version: number;
  previous: number;
}

/** The alias whose former holder stays at hand, since that is who a roll back brings back. */
const CHAMPION = 'champion';

/**
 * Everything a data plane needs, whole: models and documents that an alias names, by kind and name, each with the
 * versions to be served, newest first: those that an alias names, that a rollout tries, and of models the champion's
 * predecessor. Others are left out, whatever else is passed in. A subject of a rollout always has an alias.
 */
export function wantedState(
  revision: bigint,
  held: readonly HeldAlias[],
  rollouts: readonly Rollout[],
  modelVersions: readonly ModelVersion[],
  documents: readonly Document[],
): WantedState {
  const subjects = [...bySubject(held)].sort(byKey).map(([, aliases]) => {
    const { kind, name } = aliases[0] as HeldAlias;
    const wanted = wantedVersions(aliases, rollouts);
    return {
      kind,
      name,
      isWanted: ({ version }: { version: number }) => wanted.has(version),
      aliases: Object.fromEntries(aliases.map(({ alias, version }) => [alias, version])),
      previous: Object.fromEntries(
        aliases.filter(({ previous }) => previous !== 0).map(({ alias, previous }) => [alias, previous]),
      ),
    };
  });
  return create(WantedStateSchema, {
    revision,
    models: subjects
      .filter(({ kind }) => kind === MODEL_KIND)
      .map(({ name, aliases, previous, isWanted }) => {
        const versions = modelVersions.filter((version) => version.model === name).filter(isWanted);
        return create(WantedModelSchema, { name, aliases, previous, versions: versions.sort(newestFirst) });
      }),
    documents: subjects
      .filter(({ kind }) => kind !== MODEL_KIND)
      .map(({ kind, name, aliases, previous, isWanted }) => {
        const versions = documents
          .filter((document) => document.kind === kind && document.name === name)
          .filter(isWanted);
        return create(WantedDocumentSchema, { kind, name, aliases, previous, versions: versions.sort(newestFirst) });
      }),
    rollouts: rollouts.toSorted(oldestFirst),
  });
}

/** The versions of one subject that are to be served. */
export function wantedVersions(aliases: readonly HeldAlias[], rollouts: readonly Rollout[]): Set<number> {
  const { kind, name } = aliases[0] as HeldAlias;
  const tried = rollouts.filter(({ subject }) => subject?.kind === kind && subject.name === name);
  const champion = aliases.find(({ alias }) => alias === CHAMPION);
  return new Set([
    ...aliases.map(({ version }) => version),
    ...tried.map(({ candidate }) => candidate),
    ...(kind === MODEL_KIND && champion ? [champion.previous] : []),
  ]);
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
const oldestFirst = (one: Rollout, other: Rollout): number =>
  Number(one.startedAtMs - other.startedAtMs) || (one.id < other.id ? -1 : 1);
