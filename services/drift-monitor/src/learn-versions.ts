import { setTimeout as delay } from 'node:timers/promises';
import type { ModelVersion, WantedState } from '@vinaigrette/contracts/registry';
import type { Logger } from '@vinaigrette/edge';
import type { DriftPolicies } from './drift-policies.js';
import { hex, knownVersion, type VersionSource } from './domain/known-version.js';
import type { KnownVersions } from './known-versions.js';
import type { MonitorMetrics } from './metrics.js';
import type { ModelVersions } from './model-versions.js';
import type { WantedStates } from './wanted-states.js';

/** First and longest pause before the registry is asked again, in milliseconds. */
const PAUSE_MS = { first: 200, longest: 5_000 };

/**
 * Learns every version the registry names, and keeps it for ever: what was once learned is counted and judged also when
 * the registry is away.
 */
export class LearnVersions {
  private readonly stopping = new AbortController();
  private following: Promise<void> = Promise.resolve();

  constructor(
    private readonly registry: WantedStates,
    private readonly versions: ModelVersions,
    private readonly known: KnownVersions,
    private readonly policies: DriftPolicies,
    private readonly metrics: MonitorMetrics,
    private readonly logger: Logger,
  ) {}

  /** Knows what was learned before, then follows the registry in the background. */
  async start(): Promise<void> {
    await this.recall();
    this.following = this.follow();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.following;
  }

  /** Reads what was kept, by this process or by another monitor. */
  async recall(): Promise<void> {
    await this.policies.recall();
    for (const source of await this.versions.all()) {
      if (!this.known.of(source.model, source.version)) this.know(source);
    }
  }

  /** Asks for a version that no alias names; false when the registry has none, or does not answer. */
  async ask(model: string, version: number): Promise<boolean> {
    try {
      const found = await this.registry.version(model, version, this.stopping.signal);
      if (found) await this.learn(found);
      return found !== undefined;
    } catch (error) {
      this.logger.debug({ err: error, model, version }, 'a version could not be asked for');
      return false;
    }
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    let pauseMs = PAUSE_MS.first;
    while (!signal.aborted) {
      try {
        for await (const state of this.registry.watch(signal)) {
          this.metrics.registryConnected.set(1);
          await this.take(state);
          pauseMs = PAUSE_MS.first;
        }
      } catch (error) {
        if (signal.aborted) break;
        // Once when it goes away; it may be away for days.
        const level = pauseMs === PAUSE_MS.first ? 'warn' : 'debug';
        const reason = error instanceof Error ? error.message : String(error);
        this.logger[level]({ reason }, 'the registry cannot be followed; known versions are counted as before');
      }
      this.metrics.registryConnected.set(0);
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest);
    }
  }

  private async take(state: WantedState): Promise<void> {
    const wanted = state.models.flatMap(({ versions }) => versions);
    for (const version of wanted) await this.learn(version);
    await this.versions.setWanted(wanted);
    this.known.setChampions(
      new Map(state.models.flatMap(({ name, aliases: { champion } }) => (champion ? [[name, champion] as const] : []))),
    );
    await this.policies.take(state.documents);
  }

  /** Throws when the baseline cannot be fetched now: the version stays unknown until it can. */
  private async learn(learned: ModelVersion): Promise<void> {
    const { model, version, files, signatureJson, schemaId, createdAtMs } = learned;
    if (this.known.of(model, version)) return;
    const source: VersionSource = { model, version, signatureJson };
    if (createdAtMs > 0n) source.registeredAtMs = Number(createdAtMs);
    const file = files.find(({ path }) => path === 'baseline.json');
    if (file) {
      const bytes = await this.registry.download(file.sha256, this.stopping.signal);
      source.baselineJson = new TextDecoder().decode(bytes);
      source.baselineSha256 = file.sha256;
    }
    if (!this.know(source)) return;
    const ours = this.known.of(model, version)?.schemaId;
    if (ours !== hex(schemaId)) {
      this.logger.warn(
        { model, version, ours, registry: hex(schemaId) },
        'the registry spells the logged schema differently',
      );
    }
    await this.versions.keep(source);
  }

  private know(source: VersionSource): boolean {
    const { model, version } = source;
    try {
      const known = knownVersion(source);
      this.known.add(known);
      if (known.fault)
        this.logger.warn({ model, version, why: known.fault }, 'the baseline cannot be used; nothing is judged');
      else this.logger.info({ model, version, baseline: known.grid !== undefined }, 'version known');
      return true;
    } catch (error) {
      this.logger.error({ err: error, model, version }, 'the signature cannot be read; its predictions stay parked');
      return false;
    }
  }
}
