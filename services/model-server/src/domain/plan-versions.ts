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
}

/** Who answers: by model, then by what a caller may write as its version (a number, an alias, or nothing). */
export type Routes = ReadonlyMap<string, ReadonlyMap<string, Version>>;

export interface VersionPlan {
  load: Version[];
  /** Nobody is sent to these any more: they answer what they have accepted, then go. */
  retire: Version[];
  routes: Routes;
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
): VersionPlan {
  const ready = new Set(held.filter(({ state }) => state === 'ready').map(({ version }) => idOf(version)));
  const next = new Map(wanted.map((model) => [model.name, routesOf(model, routes.get(model.name), ready)]));
  const wantedVersions = wanted.flatMap((model) => model.versions);
  const answering = [...next.values()].flatMap((names) => [...names.values()]);
  const kept = new Set([...wantedVersions, ...answering].map(idOf));
  const known = new Set(held.map(({ version }) => idOf(version)));
  return {
    load: wantedVersions.filter((version) => !known.has(idOf(version))),
    retire: held.map(({ version }) => version).filter((version) => !kept.has(idOf(version))),
    routes: next,
  };
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
 * The state to start from when nobody can be asked: each wanted alias with the version that answers for it now, or
 * that did so last. A version that was wanted and never served is not in it.
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
    for (const alias of Object.keys(model.aliases)) {
      const version = routes.get(model.name)?.get(alias) ?? remembered.get(alias);
      if (!version) continue;
      aliases[alias] = version.number;
      versions.set(idOf(version), version);
    }
    return { name: model.name, aliases, defaultAlias: model.defaultAlias, versions: [...versions.values()] };
  });
}
