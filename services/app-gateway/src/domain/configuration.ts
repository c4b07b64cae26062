import type { Document, WantedModel, WantedState } from '@vinaigrette/contracts/registry';
import { parseDocument, type Route, type UseCase } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import {
  type BestSeller,
  checkModel,
  checkRules,
  type CompiledRules,
  type CompiledUseCase,
  compileRules,
  compileUseCase,
  knownVersion,
  type KnownVersion,
  noRules,
  parseJson,
  type Trial,
} from '@vinaigrette/serving';
import type { ShopKeysInForce } from './judge-key.js';
import { championOf, DOCUMENT_ALIAS, type Fault } from './last-good.js';
import { trialsOf, type Trials } from './trials.js';

/** Where a version's best sellers are, among its files. */
export const BEST_SELLERS_PATH = 'best-sellers.json';

/** A use case with all it needs to answer. */
export interface ReadyUseCase<T extends UseCase = UseCase> {
  name: string;
  version: number;
  document: T;
  /** The document's own expressions. */
  expressions: CompiledUseCase;
  /** Absent: no rules. */
  ruleSet: ReadyRuleSet | undefined;
  /** The version its alias names now; the model server may still, or already, answer with another. */
  wanted: KnownVersion;
  /** By number: the versions of this model that may answer. */
  versions: ReadonlyMap<number, KnownVersion>;
  /** The version its alias named before; undefined: none, or none this gateway knows. */
  previous: KnownVersion | undefined;
  /** What is tried beside the model, the rule set and the use case itself. */
  trials: Trials<KnownVersion, ReadyRuleSet, ReadyUseCase<T>>;
}

export interface ReadyRuleSet {
  name: string;
  version: number;
  rules: CompiledRules;
}

/** An address of a use case's own. */
export interface RouteInForce {
  route: Route;
  useCase: string;
  /** What a form asks for: the model's inputs that have no default. */
  inputs: readonly string[];
}

/** Everything the data plane answers from; never changed, only replaced. */
export interface Configuration {
  revision: bigint;
  useCases: ReadonlyMap<string, ReadyUseCase>;
  /** By path: the addresses that use cases ask for. */
  routes: ReadonlyMap<string, RouteInForce>;
  /** By name of the document: who may ask. */
  shopKeys: ReadonlyMap<string, ShopKeysInForce>;
  /** Of every rollout that is running or paused, whether a use case here draws from it or not. */
  rolloutIds: ReadonlySet<string>;
  /** Use cases the registry wants and this gateway cannot answer yet, and other things that are amiss. */
  faults: readonly Fault[];
}

/**
 * Puts a state together that `lastGood` has passed. `bestSellers` by SHA-256 of their file; a version whose file is not
 * there keeps those of `before`, as a use case whose rule set is gone keeps that one: rules are there to protect.
 */
export function configurationOf(
  state: WantedState,
  bestSellers: ReadonlyMap<string, readonly BestSeller[]>,
  before?: Configuration,
): Configuration {
  const models = new Map(state.models.map((model) => [model.name, model]));
  const compiled = compiledBefore(before);
  const ruleSets = compiledRuleSets(state, compiled);
  const useCases = new Map<string, ReadyUseCase>();
  const faults: Fault[] = [];
  /** What stands on a document that may be bad: what is in force must not suffer from a candidate. */
  const candidate = <T>({ kind, name, version }: Document, make: () => T): T | undefined => {
    try {
      return make();
    } catch (error) {
      faults.push({ subject: `${kind} ${name} ${version}`, why: (error as Error).message });
      return undefined;
    }
  };
  const documentTrials = <T>(kind: string, name: string | undefined, make: (document: Document) => T): Trial<T>[] => {
    const wanted = state.documents.find((document) => document.kind === kind && document.name === name);
    if (!wanted) return [];
    return trialsOf(state.rollouts, { kind, name: wanted.name, alias: DOCUMENT_ALIAS }, (version) => {
      const document = wanted.versions.find((it) => it.version === version);
      return document && candidate(document, () => make(document));
    });
  };
  const ready = ({ name, version, bodyJson }: Document, was: ReadyUseCase | undefined): ReadyUseCase => {
    const document = parseDocument('use-case', parseJson(bodyJson));
    const model = models.get(document.model);
    const versions = knownVersions(model, bestSellers, was);
    const wanted = versionOf(document, model, versions);
    checkModel(document, wanted.signature);
    const previous = versions.get(model?.previous[document.alias] ?? 0);
    const subject = { kind: 'model', name: document.model, alias: document.alias };
    const ruleSet = ruleSetOf(document, ruleSets, was);
    checkRules(document, ruleSet?.rules ?? noRules, wanted.signature);
    const trials = {
      model: trialsOf(state.rollouts, subject, (tried) => versions.get(tried)),
      ruleSet: documentTrials('rule-set', ruleSet?.name, (tried) => {
        const ready = compiledRuleSet(tried, compiled);
        checkRules(document, ready.rules, wanted.signature);
        return ready;
      }),
      useCase: [],
    };
    const expressions = compileUseCase(document);
    return { name, version, document, expressions, ruleSet, wanted, versions, previous, trials };
  };
  for (const wanted of state.documents) {
    const champion = wanted.kind === 'use-case' ? championOf(wanted) : undefined;
    if (!champion) continue;
    const { name, version } = champion;
    const was = before?.useCases.get(name);
    try {
      const inForce = ready(champion, was);
      const useCase = documentTrials('use-case', name, (document) => {
        const tried = ready(document, undefined);
        if (tried.document.kind === inForce.document.kind) return tried;
        throw new Problem('DOCUMENT_INVALID', `It is a ${tried.document.kind}, which is asked in another way`);
      });
      useCases.set(name, { ...inForce, trials: { ...inForce.trials, useCase } });
    } catch (error) {
      faults.push({ subject: `use-case ${name} ${version}`, why: (error as Error).message });
      if (was) useCases.set(name, was);
    }
  }
  return {
    revision: state.revision,
    useCases,
    routes: routesOf(useCases),
    shopKeys: shopKeysOf(state),
    rolloutIds: new Set(state.rollouts.map(({ id }) => id)),
    faults,
  };
}

/** Of two use cases that ask for one path, the first by name has it. */
function routesOf(useCases: ReadonlyMap<string, ReadyUseCase>): ReadonlyMap<string, RouteInForce> {
  const routes = new Map<string, RouteInForce>();
  for (const { name, document, wanted } of [...useCases.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (document.kind !== 'prediction') continue;
    const names = wanted.signature.inputs.map((spec) => spec.name);
    const inputs = names.filter((input) => document.inputs[input]?.default === undefined);
    for (const route of document.routes) {
      if (!routes.has(route.path)) routes.set(route.path, { route, useCase: name, inputs });
    }
  }
  return routes;
}

function shopKeysOf(state: WantedState): ReadonlyMap<string, ShopKeysInForce> {
  const champions = state.documents.filter(({ kind }) => kind === 'shop-keys').flatMap((it) => championOf(it) ?? []);
  return new Map(
    champions.map(({ name, bodyJson }) => {
      const { keys } = parseDocument('shop-keys', parseJson(bodyJson));
      return [name, new Map(keys.map((key) => [key.sha256, key]))];
    }),
  );
}

type RuleSets = ReadonlyMap<string, ReadyRuleSet>;

/** By "name version": versions never change, so what was compiled once serves on, with what it knows of each item. */
type CompiledBefore = ReadonlyMap<string, ReadyRuleSet>;

function compiledBefore(before: Configuration | undefined): CompiledBefore {
  const ruleSets = [...(before?.useCases.values() ?? [])].flatMap(({ ruleSet, trials }) => [
    ...(ruleSet ? [ruleSet] : []),
    ...trials.ruleSet.map(({ candidate }) => candidate),
  ]);
  return new Map(ruleSets.map((ruleSet) => [`${ruleSet.name} ${ruleSet.version}`, ruleSet]));
}

function compiledRuleSets(state: WantedState, compiled: CompiledBefore): RuleSets {
  const champions = state.documents.filter(({ kind }) => kind === 'rule-set').flatMap((it) => championOf(it) ?? []);
  return new Map(champions.map((champion) => [champion.name, compiledRuleSet(champion, compiled)]));
}

const compiledRuleSet = ({ name, version, bodyJson }: Document, compiled: CompiledBefore): ReadyRuleSet =>
  compiled.get(`${name} ${version}`) ?? {
    name,
    version,
    rules: compileRules(parseDocument('rule-set', parseJson(bodyJson))),
  };

function ruleSetOf(document: UseCase, ruleSets: RuleSets, was: ReadyUseCase | undefined): ReadyUseCase['ruleSet'] {
  if (document.ruleSet === undefined) return undefined;
  const kept = was?.ruleSet?.name === document.ruleSet ? was.ruleSet : undefined;
  const ruleSet = ruleSets.get(document.ruleSet) ?? kept;
  if (!ruleSet) throw missing(`rule set ${document.ruleSet}`);
  return ruleSet;
}

function knownVersions(
  model: WantedModel | undefined,
  bestSellers: ReadonlyMap<string, readonly BestSeller[]>,
  was: ReadyUseCase | undefined,
): Map<number, KnownVersion> {
  const kept = was && was.wanted.model === model?.name ? was.wanted : undefined;
  const known = new Map<number, KnownVersion>(kept ? [[kept.version, kept]] : []);
  for (const version of model?.versions ?? []) {
    const file = version.files.find(({ path }) => path === BEST_SELLERS_PATH);
    const sold = bestSellers.get(file?.sha256 ?? '') ?? (file ? kept?.bestSellers : undefined) ?? [];
    known.set(version.version, knownVersion(version, sold));
  }
  return known;
}

function versionOf(
  { model, alias }: UseCase,
  wanted: WantedModel | undefined,
  known: ReadonlyMap<number, KnownVersion>,
): KnownVersion {
  const version = known.get(wanted?.aliases[alias] ?? 0);
  if (!version) throw missing(`model ${model} under the alias ${alias}`);
  return version;
}

const missing = (what: string) =>
  new Problem('CONFIGURATION_MISSING', `The registry names no ${what}, which the use case needs`);

/** SHA-256 of every best-seller file the state's versions bring. */
export function bestSellerFiles(state: WantedState): string[] {
  const files = state.models.flatMap((model) => model.versions).flatMap((version) => version.files);
  return [...new Set(files.filter(({ path }) => path === BEST_SELLERS_PATH).map(({ sha256 }) => sha256))];
}
