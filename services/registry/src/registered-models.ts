import type { KeyValue } from './domain/mlflow/limits.js';
import type { Search, Texts } from './tracking.js';

/** A model as MLflow's clients see it: also one whose versions never came through them. */
export interface RegisteredModel {
  name: string;
  description: string;
  createdAtMs: number;
  updatedAtMs: number;
  tags: Texts;
  aliases: Readonly<Record<string, number>>;
  /** The newest version of each stage. */
  latest: readonly RegisteredVersion[];
}

export interface RegisteredVersion {
  name: string;
  version: number;
  /** Where it came from; empty: it was registered without MLflow. */
  source: string;
  runId: string;
  runLink: string;
  modelId: string;
  description: string;
  userId: string;
  /** Why the version is not served, and the remedy; empty when it is. */
  statusMessage: string;
  archived: boolean;
  createdAtMs: number;
  updatedAtMs: number;
  tags: Texts;
  aliases: readonly string[];
  /** Whether model servers can serve it: it is a version of the registry itself. */
  servable: boolean;
}

export type VersionTold = Pick<
  RegisteredVersion,
  'name' | 'source' | 'runId' | 'runLink' | 'modelId' | 'description' | 'userId' | 'statusMessage' | 'tags'
>;

export interface VersionChange {
  description?: string;
  archived?: boolean;
  tag?: { key: string; value: string | undefined };
}

/** MLflow's side of models and versions. The registry's own versions are seen here too, and stay as they are. */
export abstract class RegisteredModels {
  /** Throws NAME_TAKEN. */
  abstract create(name: string, description: string, tags: readonly KeyValue[], atMs: number): Promise<void>;
  /** Whether there is one; its versions, of which there may be thousands, are not looked at. */
  abstract has(name: string): Promise<boolean>;
  abstract find(name: string): Promise<RegisteredModel | undefined>;
  /** Throws MODEL_NOT_FOUND. A tag without a value is taken away. */
  abstract change(
    name: string,
    change: { description?: string; tag?: { key: string; value: string | undefined } },
    atMs: number,
  ): Promise<void>;
  /**
   * Gives model, versions, aliases and files another name. Throws MODEL_NOT_FOUND, NAME_TAKEN, and MODEL_NAME_KEPT for a
   * model that has a version of the registry's own: logs, rollouts and lineage know it by its name.
   */
  abstract rename(name: string, newName: string, atMs: number): Promise<void>;
  /** Hides the model and its versions. Throws VERSION_IN_USE while an alias names one. */
  abstract remove(name: string, atMs: number): Promise<void>;
  abstract search(search: Search): Promise<RegisteredModel[]>;

  /** Tells of a version that has its number; undefined: the next number of the model, for one that is not served. */
  abstract addVersion(told: VersionTold, number: number | undefined, atMs: number): Promise<RegisteredVersion>;
  abstract findVersion(name: string, version: number): Promise<RegisteredVersion | undefined>;
  abstract holder(name: string, alias: string): Promise<RegisteredVersion | undefined>;
  /** Throws VERSION_NOT_FOUND. */
  abstract changeVersion(name: string, version: number, change: VersionChange, atMs: number): Promise<void>;
  /** Hides the version. Throws VERSION_NOT_FOUND, VERSION_IN_USE while an alias names it. */
  abstract removeVersion(name: string, version: number, atMs: number): Promise<void>;
  abstract searchVersions(search: Search): Promise<RegisteredVersion[]>;

  /** An alias that only MLflow's clients know; undefined takes it away. */
  abstract setOwnAlias(name: string, alias: string, version: number | undefined): Promise<void>;
}
