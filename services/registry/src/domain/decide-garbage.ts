/** An artefact as the store tells it. */
export interface StoredArtifact {
  sha256: string;
  sizeBytes: number;
  changedAtMs: number;
}

/** A version whose files are still to be there. */
export interface KeptVersion {
  model: string;
  version: number;
  sha256s: string[];
}

/** Everything that may need an artefact. */
export interface UseFacts {
  versions: KeptVersion[];
  /** Versions that hold an alias, held it before, or are on trial with their control. */
  wanted: { model: string; version: number }[];
  /** Who took champion, newest first; one version may be there several times. */
  champions: { model: string; version: number }[];
  /** Artefacts that runs, documents, evaluations or lineages name. */
  named: string[];
}

export interface GarbagePolicy {
  /** How many of the versions of a model that were champion last are kept; 0: every version is. */
  keep: number;
  /** Nothing that was stored later is garbage: somebody may be about to register it. */
  before: number;
}

const key = ({ model, version }: { model: string; version: number }): string => `${model}/${version}`;

/** Versions whose files nothing will ask for: not wanted, not among the last champions, and all of them old. */
export function decideGivenUp(
  facts: UseFacts,
  stored: readonly StoredArtifact[],
  policy: GarbagePolicy,
): KeptVersion[] {
  if (policy.keep === 0) return [];
  const needed = new Set([...facts.wanted.map(key), ...lastChampions(facts.champions, policy.keep)]);
  const young = new Set(stored.filter(({ changedAtMs }) => changedAtMs >= policy.before).map(({ sha256 }) => sha256));
  return facts.versions.filter(
    (version) => !needed.has(key(version)) && !version.sha256s.some((file) => young.has(file)),
  );
}

/** Artefacts that nothing names, stored before the grace time. `givenUp`: versions that name them no more. */
export function decideGarbage(
  facts: UseFacts,
  stored: readonly StoredArtifact[],
  givenUp: readonly KeptVersion[],
  policy: GarbagePolicy,
): StoredArtifact[] {
  const gone = new Set(givenUp.map(key));
  const kept = facts.versions.filter((version) => !gone.has(key(version)));
  const needed = new Set([...facts.named, ...kept.flatMap(({ sha256s }) => sha256s)]);
  return stored.filter(({ sha256, changedAtMs }) => changedAtMs < policy.before && !needed.has(sha256));
}

function lastChampions(champions: UseFacts['champions'], keep: number): string[] {
  const last = new Map<string, Set<string>>();
  for (const one of champions) {
    const kept = last.get(one.model) ?? new Set();
    if (kept.size < keep) kept.add(key(one));
    last.set(one.model, kept);
  }
  return [...last.values()].flatMap((kept) => [...kept]);
}
