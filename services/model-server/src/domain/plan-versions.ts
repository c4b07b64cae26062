/** One immutable set of files under a model's number. Other files under the same number are another version. */
export interface Version {
  model: string;
  number: number;
  /** Tells sets of files apart; its form is the source's business. */
  digest: string;
}

/** What should be served of one model. */
export interface WantedModel {
  name: string;
  /** `champion` → 3. An alias may point to a number that `versions` lacks: then nobody answers for it. */
  aliases: Readonly<Record<string, number>>;
  /** The alias an empty version means. */
  defaultAlias: string;
  versions: readonly Version[];
}

/** A version this process has taken up: `loading` until it has proved itself or was found unfit. */
export interface HeldVersion {
  version: Version;
  state: 'loading' | 'ready' | 'quarantined';
  /** Since when it rests: ready, wanted by nobody, kept warm. Absent: it does not rest. */
  restingSinceMs?: number | undefined;
}

/** How long, and how many of one model, versions that nobody wants any more are kept ready for a way back. */
export interface WarmPolicy {
  keepMs: number;
  versionsMax: number;
}

/** Who answers: by model, then by what a caller may write as its version (a number, an alias, or nothing). */
export type Routes = ReadonlyMap<string, ReadonlyMap<string, Version>>;

export interface VersionPlan {
  load: Version[];
  /** Nobody is sent to these any more: they answer what they have accepted, then go. */
  retire: Version[];
  /** Nobody is sent to these either, but they stay ready: whoever wants one again has it at once. */
  rest: Version[];
  routes: Routes;
  /** When the plan changes by itself, because a version has rested long enough; undefined: it does not. */
  nextChangeMs: number | undefined;
}

export const idOf = ({ model, number, digest }: Version): string => `${model}/${number}@${digest}`;

/**
 * What to do next, given what is wanted, what is held and who answers now. A name moves to another version only when
 * that version is ready; until then, and for ever when it is unfit, the one before answers on.
 */
export function planVersions(
  wanted: readonly WantedModel[],
  held: readonly HeldVersion[],
  routes: Routes,
  warm: WarmPolicy,
  nowMs: number,
): VersionPlan {
  const ready = new Set(held.filter(({ state }) => state === 'ready').map(({ version }) => idOf(version)));
  const next = new Map(wanted.map((model) => [model.name, routesOf(model, routes.get(model.name), ready)]));
  const wantedVersions = wanted.flatMap((model) => model.versions);
  const answering = [...next.values()].flatMap((names) => [...names.values()]);
  const kept = new Set([...wantedVersions, ...answering].map(idOf));
  const known = new Set(held.map(({ version }) => idOf(version)));
  const unwanted = held.filter(({ version }) => !kept.has(idOf(version)));
  const resting = restingOf(unwanted, warm, nowMs);
  return {
    load: wantedVersions.filter((version) => !known.has(idOf(version))),
    retire: unwanted.filter((one) => !resting.includes(one)).map(({ version }) => version),
    rest: resting.map(({ version }) => version),
    routes: next,
    nextChangeMs:
      resting.length === 0
        ? undefined
        : Math.min(...resting.map(({ restingSinceMs = nowMs }) => restingSinceMs)) + warm.keepMs,
  };
}

/** Of the versions nobody wants, those kept warm: ready, for less than the time set, of each model the latest few. */
function restingOf(unwanted: readonly HeldVersion[], { keepMs, versionsMax }: WarmPolicy, nowMs: number) {
  const since = ({ restingSinceMs = nowMs }: HeldVersion) => restingSinceMs;
  const able = unwanted.filter((one) => one.state === 'ready' && nowMs - since(one) < keepMs);
  return able.filter((one) => {
    const later = able.filter((other) => other.version.model === one.version.model && since(other) > since(one));
    return later.length < versionsMax;
  });
}

function routesOf(
  model: WantedModel,
  before: ReadonlyMap<string, Version> | undefined,
  ready: ReadonlySet<string>,
): ReadonlyMap<string, Version> {
  const names = new Map<string, Version>();
  for (const [name, version] of wantedNames(model)) {
    const answering = version && ready.has(idOf(version)) ? version : before?.get(name);
    if (answering && ready.has(idOf(answering))) names.set(name, answering);
  }
  // A version that answers on for an alias can be asked by its number too.
  for (const version of [...names.values()]) {
    if (!names.has(String(version.number))) names.set(String(version.number), version);
  }
  return names;
}

/** Everything callers may write as the version, and whom each means; undefined: an alias to a number nobody has. */
export function wantedNames({ aliases, defaultAlias, versions }: WantedModel): Map<string, Version | undefined> {
  const byNumber = (number: number) => versions.find((version) => version.number === number);
  const names = new Map<string, Version | undefined>();
  for (const version of versions) names.set(String(version.number), version);
  for (const [alias, number] of Object.entries(aliases)) names.set(alias, byNumber(number));
  if (Object.hasOwn(aliases, defaultAlias)) names.set('', byNumber(aliases[defaultAlias] as number));
  return names;
}

/**
 * The state to start from when nobody can be asked: each wanted name with the version that answers for it now, or that
 * did so last. A version that was wanted and never served is not in it.
 */
export function lastGood(
  wanted: readonly WantedModel[],
  routes: Routes,
  before: readonly WantedModel[],
): WantedModel[] {
  return wanted.map((model) => {
    const old = before.find(({ name }) => name === model.name);
    const remembered = old ? wantedNames(old) : new Map<string, Version | undefined>();
    const aliases: Record<string, number> = {};
    const versions = new Map<string, Version>();
    for (const name of [...wantedNames(model).keys()].filter((one) => one !== '')) {
      const version = routes.get(model.name)?.get(name) ?? remembered.get(name);
      if (!version) continue;
      if (Object.hasOwn(model.aliases, name)) aliases[name] = version.number;
      versions.set(idOf(version), version);
    }
    return { name: model.name, aliases, defaultAlias: model.defaultAlias, versions: [...versions.values()] };
  });
}
