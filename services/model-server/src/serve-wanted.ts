import type { Logger } from '@vinaigrette/edge';
import { problemOf, type Problem } from '@vinaigrette/problems';
import { explainAbsence, type JudgedVersion } from './domain/explain-absence.js';
import {
  idOf,
  planVersions,
  wantedNames,
  type Routes,
  type Version,
  type WantedModel,
  type WarmPolicy,
} from './domain/plan-versions.js';
import type { Executors, Pace } from './executors.js';
import type { ModelSource } from './model-source.js';
import type { Observations, VersionState } from './observations.js';
import { readSettings, type SettingsDefaults } from './domain/model-settings.js';
import { ServedVersion } from './served-version.js';

/** Versions that prove themselves at the same time; more would slow those that serve. */
const LOADS_AT_ONCE = 2;

interface Held extends JudgedVersion {
  served?: ServedVersion;
  unwanted: AbortController;
}

/** How one model stands. */
export interface ModelStatus {
  name: string;
  /** Whether an empty version is answered. */
  ready: boolean;
  versions: { number: number; state: VersionState; why?: string }[];
}

/**
 * Brings what is held to what is wanted: loads, switches, drains. `planVersions` decides; this carries out, one step at
 * each change. A version that fails to prove itself is quarantined for as long as that very version is wanted.
 */
export class ServeWanted {
  private wanted: readonly WantedModel[] = [];
  private readonly held = new Map<string, Held>();
  private routes: Routes = new Map();
  /** The same, with who serves them. */
  private served: ReadonlyMap<string, ReadonlyMap<string, ServedVersion>> = new Map();
  /** Loads and farewells: what an end of the process should not cut off. */
  private readonly underway = new Set<Promise<void>>();
  private slots = LOADS_AT_ONCE;
  private readonly slotsAwaited: (() => void)[] = [];
  private readonly settledAwaited: (() => void)[] = [];
  /** False until a source has said for the first time what is wanted. */
  private told = false;
  private nextChange: NodeJS.Timeout | undefined;
  /** Called after each change of what answers. */
  onChange: (models: readonly ModelStatus[]) => void = () => undefined;

  constructor(
    private readonly source: ModelSource,
    private readonly executors: Executors,
    private readonly defaults: SettingsDefaults,
    private readonly warm: WarmPolicy,
    private readonly observations: Observations,
    private readonly logger: Logger,
  ) {}

  /** Takes the whole wanted state; settles when each of its versions is ready or was found unfit. */
  async apply(wanted: readonly WantedModel[]): Promise<void> {
    this.wanted = wanted;
    this.told = true;
    this.step();
    while (this.loading()) await new Promise<void>((settled) => this.settledAwaited.push(settled));
  }

  /** Who answers for the model under that name. Throws MODEL_NOT_FOUND, VERSION_NOT_FOUND, -_NOT_READY, -_QUARANTINED. */
  find(model: string, name: string): ServedVersion {
    const served = this.answering(model, name);
    if (!served) throw explainAbsence(this.wanted, [...this.held.values()], model, name);
    return served;
  }

  /** The same; undefined when nobody does. */
  answering(model: string, name: string): ServedVersion | undefined {
    return this.served.get(model)?.get(name);
  }

  /** The numbers of the model's versions that answer now, smallest first. */
  answeringVersions(model: string): number[] {
    const versions = [...(this.routes.get(model)?.values() ?? [])];
    return [...new Set(versions.map(({ number }) => number))].sort((a, b) => a - b);
  }

  /** Something was said to be wanted, and nothing of it still waits for its first answer: traffic may come. */
  get ready(): boolean {
    return this.told && !this.wanted.some((model) => this.awaitsFirst(model));
  }

  models(): ModelStatus[] {
    const versions = new Map<string, ModelStatus['versions']>();
    for (const { version, state, problem, restingSinceMs } of this.held.values()) {
      const status = {
        number: version.number,
        state: restingSinceMs === undefined ? state : ('resting' as const),
        ...(problem ? { why: `[${problem.code}] ${problem.message}` } : {}),
      };
      versions.set(version.model, [...(versions.get(version.model) ?? []), status]);
    }
    return this.wanted.map(({ name }) => ({
      name,
      ready: this.isReady(name, ''),
      versions: versions.get(name) ?? [],
    }));
  }

  isReady(model: string, name: string): boolean {
    const version = this.routes.get(model)?.get(name);
    return version !== undefined && this.held.get(idOf(version))?.served?.answers === true;
  }

  /** Ends everything: answers what was accepted, stops the executors, lets loads come to their end. */
  async stop(): Promise<void> {
    clearTimeout(this.nextChange);
    for (const held of this.held.values()) this.retire(held);
    await Promise.all(this.underway);
    await this.executors.close();
  }

  /** A name that nobody answers for although its version is on its way. */
  private awaitsFirst(model: WantedModel): boolean {
    const answering = this.routes.get(model.name);
    return [...wantedNames(model)].some(
      ([name, version]) => version && !answering?.has(name) && this.held.get(idOf(version))?.state === 'loading',
    );
  }

  private loading(): boolean {
    return [...this.held.values()].some(({ state }) => state === 'loading');
  }

  private step(): void {
    const nowMs = performance.now();
    const plan = planVersions(this.wanted, [...this.held.values()], this.routes, this.warm, nowMs);
    this.routes = plan.routes;
    this.served = new Map([...plan.routes].map(([model, names]) => [model, this.servedOf(names)]));
    for (const version of plan.retire) {
      const held = this.held.get(idOf(version));
      if (held) this.retire(held);
    }
    this.keepWarm(new Set(plan.rest.map(idOf)), nowMs);
    clearTimeout(this.nextChange);
    if (plan.nextChangeMs !== undefined) this.nextChange = setTimeout(() => this.step(), plan.nextChangeMs - nowMs);
    for (const version of plan.load) this.track(this.load(version));
    const held = [...this.held.values()].map(({ version }) => version);
    this.source.remember(this.wanted, this.routes, held);
    this.onChange(this.models());
    if (!this.loading()) for (const settled of this.settledAwaited.splice(0)) settled();
  }

  private servedOf(names: ReadonlyMap<string, Version>): ReadonlyMap<string, ServedVersion> {
    const served = new Map<string, ServedVersion>();
    for (const [name, version] of names) {
      const one = this.held.get(idOf(version))?.served;
      if (one) served.set(name, one);
    }
    return served;
  }

  private keepWarm(resting: ReadonlySet<string>, nowMs: number): void {
    for (const held of this.held.values()) {
      const rests = resting.has(idOf(held.version));
      if (rests === (held.restingSinceMs !== undefined)) continue;
      held.restingSinceMs = rests ? nowMs : undefined;
      this.observations.versionState(held.version, rests ? 'resting' : held.state);
      this.logger.info({ ...held.version }, rests ? 'version rests, kept warm' : 'version wanted again');
    }
  }

  private retire(held: Held): void {
    this.held.delete(idOf(held.version));
    held.unwanted.abort();
    const drained = held.served?.drain() ?? Promise.resolve();
    this.track(
      drained.then(() => {
        this.observations.versionGone(held.version);
        this.logger.info({ ...held.version }, 'version gone');
      }),
    );
  }

  private track(work: Promise<void>): void {
    this.underway.add(work);
    void work.finally(() => this.underway.delete(work));
  }

  private async load(version: Version): Promise<void> {
    const held: Held = { version, state: 'loading', unwanted: new AbortController() };
    this.held.set(idOf(version), held);
    this.observations.versionState(version, 'loading');
    try {
      const files = await this.source.fetch(version, held.unwanted.signal);
      const settings = readSettings(files.settingsJson, this.defaults);
      const start = (pace: Pace = 'urgent') =>
        this.inSlot(() => {
          held.unwanted.signal.throwIfAborted();
          return this.executors.start(files, settings, pace);
        });
      const executor = await start(this.routes.get(version.model)?.size ? 'calm' : 'urgent');
      if (held.unwanted.signal.aborted) return await executor.stop();
      held.served = new ServedVersion(version, settings, executor, start, this.observations, this.logger);
      held.state = 'ready';
      const { isolation, whyNotJoined } = executor;
      this.logger.info({ ...version, isolation, whyNotJoined }, 'version ready');
    } catch (error) {
      if (held.unwanted.signal.aborted) return;
      held.problem = this.quarantine(version, error);
      held.state = 'quarantined';
    }
    this.observations.versionState(version, held.state);
    this.step();
  }

  private quarantine(version: Version, error: unknown): Problem {
    const problem = problemOf(error);
    const { code, message, remedy } = problem;
    this.logger.error({ ...version, code, remedy, err: error }, `version quarantined: ${message}`);
    return problem;
  }

  /** Waits for its turn. */
  private async inSlot<T>(work: () => Promise<T>): Promise<T> {
    while (this.slots === 0) await new Promise<void>((free) => this.slotsAwaited.push(free));
    this.slots--;
    try {
      return await work();
    } finally {
      this.slots++;
      this.slotsAwaited.shift()?.();
    }
  }
}
