import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@connectrpc/connect';
import type { ModelVersion, RegistryService, VersionFile, WantedState } from '@vinaigrette/contracts/registry';
import type { Logger } from '@vinaigrette/edge';
import { Problem } from '@vinaigrette/problems';
import { idOf, lastGood, type Routes, type Version, type WantedModel } from '../../domain/plan-versions.js';
import type { VersionFiles } from '../../executors.js';
import { ModelSource, type ApplyWanted } from '../../model-source.js';
import type { Observations } from '../../observations.js';
import type { ModelCache } from './model-cache.js';
import { servedFiles, wantedModelsOf, wantedStateOf } from './wanted-state.js';

const RETRY_PAUSE_MS = 200;
const RETRY_PAUSE_MAX_MS = 5_000;

/**
 * Follows the registry's Watch, and starts from the last good state on disk: what served before a restart serves again
 * before the registry is asked, and when it is away for ever.
 */
export class RegistryModels extends ModelSource {
  /** Every version message that may still be needed, by id. */
  private messages = new Map<string, ModelVersion>();
  private revision = 0n;
  private good: WantedModel[] = [];
  private written = '';
  private writing: Promise<void> | undefined;

  constructor(
    private readonly registry: Client<typeof RegistryService>,
    private readonly cache: ModelCache,
    private readonly observations: Observations,
    private readonly logger: Logger,
  ) {
    super();
  }

  override async follow(apply: ApplyWanted, signal: AbortSignal): Promise<void> {
    const kept = await this.keptState();
    if (kept) {
      this.logger.info({ revision: String(kept.revision) }, 'starting from the last good state');
      this.good = this.learn(kept);
      await apply(this.good);
    }
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        for await (const { state } of this.registry.watch({}, { signal })) {
          if (!state || !this.isNews(state)) continue;
          failures = 0;
          this.observations.followed(true);
          void apply(this.learn(state));
        }
        this.logger.warn('the registry ended the watch; what serves, serves on');
      } catch (error) {
        if (signal.aborted) break;
        if (failures === 0) this.logger.warn({ err: error }, 'the registry does not answer; what serves, serves on');
      }
      this.observations.followed(false);
      await backOff(failures, signal);
    }
  }

  override async fetch(version: Version, signal: AbortSignal): Promise<VersionFiles> {
    const message = this.messages.get(idOf(version));
    const files = message ? servedFiles(message) : [];
    const named = new Set(files.map(({ path }) => path));
    if (!message || !named.has('model.onnx')) throw new Problem('MODEL_INVALID', 'The version has no file model.onnx');
    await Promise.all(files.map((file) => this.obtain(version, file, signal)));
    const folder = await this.cache.layOut(folderOf(idOf(version)), files);
    return {
      modelPath: join(folder, 'model.onnx'),
      ...(named.has('golden.json') ? { goldenPath: join(folder, 'golden.json') } : {}),
      ...(named.has('config.json') ? { settingsJson: await readFile(join(folder, 'config.json'), 'utf8') } : {}),
      ...(message.signatureJson === '' ? {} : { signatureJson: message.signatureJson }),
    };
  }

  override remember(wanted: readonly WantedModel[], routes: Routes, held: readonly Version[]): void {
    this.good = lastGood(wanted, routes, this.good);
    // Also what rests, whose executors may have to start again, and which a way back finds here.
    const needed = new Set([...held, ...[...wanted, ...this.good].flatMap(({ versions }) => versions)].map(idOf));
    this.messages = new Map([...this.messages].filter(([id]) => needed.has(id)));
    this.writing ??= this.write().finally(() => (this.writing = undefined));
  }

  /** Until the file holds what is good now. A disk that refuses costs the next restart, not this process. */
  private async write(): Promise<void> {
    try {
      for (;;) {
        const text = JSON.stringify([this.good, [...this.messages.keys()]]);
        if (text === this.written) break;
        await this.cache.writeState(wantedStateOf(this.revision, this.good, this.messages));
        this.written = text;
        await this.cache.prune((name) => this.isNeeded(name));
      }
    } catch (error) {
      this.logger.error(
        { err: error },
        'the last good state cannot be written; a restart would begin with an older one',
      );
    }
  }

  /** Whether the artefact or the folder is one of a version that may still be needed. */
  private isNeeded(name: string): boolean {
    for (const [id, message] of this.messages) {
      if (folderOf(id) === name || artefactsOf(message).includes(name)) return true;
    }
    return false;
  }

  /** The cached state, without the versions whose artefacts are not all here. */
  private async keptState(): Promise<WantedState | undefined> {
    const state = await this.cache.readState();
    for (const model of state?.models ?? []) {
      const complete = await Promise.all(
        model.versions.map(async (version) =>
          (await Promise.all(artefactsOf(version).map((sha) => this.cache.has(sha)))).every(Boolean),
        ),
      );
      model.versions = model.versions.filter((_, index) => complete[index]);
    }
    return state;
  }

  private learn(state: WantedState): WantedModel[] {
    this.revision = state.revision;
    const { models, versions } = wantedModelsOf(state);
    for (const [id, message] of versions) this.messages.set(id, message);
    return models;
  }

  /**
   * A state older than our own is not followed: a registry that lost its database wants nothing, and what serves must not
   * stop for that. docs/decisions/0004 tells what to do after restoring one from a backup.
   */
  private isNews({ revision }: WantedState): boolean {
    if (revision >= this.revision) return true;
    const known = String(this.revision);
    this.logger.warn({ revision: String(revision), known }, 'the registry went back in time; what serves, serves on');
    return false;
  }

  /** Tries for ever: a registry that is away, or bytes that came wrong, may be right the next time. */
  private async obtain(version: Version, { path, sha256 }: VersionFile, signal: AbortSignal): Promise<string> {
    for (let failures = 0; ; failures++) {
      try {
        return await this.cache.obtain(sha256, () => this.download(sha256, signal));
      } catch (error) {
        signal.throwIfAborted();
        this.logger.warn({ err: error, ...version, path, sha256 }, 'an artefact did not come; trying again');
        await backOff(failures, signal);
        signal.throwIfAborted();
      }
    }
  }

  private async *download(sha256: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for await (const { chunk } of this.registry.downloadArtifact({ sha256 }, { signal })) yield chunk;
  }
}

const artefactsOf = (version: ModelVersion): string[] => servedFiles(version).map(({ sha256 }) => sha256);

/** Ids have a slash in them; folders of versions lie side by side. */
const folderOf = (id: string): string => id.replace('/', '@');

/** Longer after each failure, and never the same for all who wait. */
async function backOff(failures: number, signal: AbortSignal): Promise<void> {
  const ms = Math.min(RETRY_PAUSE_MS * 2 ** Math.min(failures, 10), RETRY_PAUSE_MAX_MS);
  await pause(ms * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
}
