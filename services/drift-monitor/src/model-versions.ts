import type { VersionSource } from './domain/known-version.js';

/** Every model version that was ever learned, kept: the monitor starts without the registry. */
export abstract class ModelVersions {
  abstract all(): Promise<VersionSource[]>;
  /** Keeps a version; the same again changes nothing, since versions never change. */
  abstract keep(source: VersionSource): Promise<void>;
  /** Names the versions that an alias holds now; all others no longer are. */
  abstract setWanted(wanted: readonly { model: string; version: number }[]): Promise<void>;
  abstract wanted(): Promise<{ model: string; version: number }[]>;
}
