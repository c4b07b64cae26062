import type { ModelVersion, WantedState } from '@vinaigrette/contracts/registry';
import type { Logger } from '@vinaigrette/edge';
import { hex, knownVersion, type VersionSource } from './domain/known-version.js';
import type { DriftPolicies } from './drift-policies.js';
import type { StateTaker } from './follow-registry.js';
import type { KnownVersions } from './known-versions.js';
import type { ModelVersions } from './model-versions.js';
import type { WantedStates } from './wanted-states.js';

/**
 * Learns every version the registry names, and keeps it for ever: what was once learned is counted and judged also when
 * the registry is away.
 */
export class LearnVersions implements StateTaker {
  private readonly stopping = new AbortController();

  constructor(
    private readonly registry: WantedStates,
    private readonly versions: ModelVersions,
    private readonly known: KnownVersions,
    private readonly policies: DriftPolicies,
    private readonly logger: Logger,
  ) {}

  /** Asks the registry for nothing more. */
  stop(): void {
    this.stopping.abort();
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

  /** Learns every version the state names, and takes over its policies. */
  async take(state: WantedState): Promise<void> {
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
