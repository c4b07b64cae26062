import type { Lineage } from '@vinaigrette/lineage';
import type { Model, ModelVersion } from '@vinaigrette/contracts/registry';
import type { NumberDecision } from './domain/decide-number.js';
import type { VersionChoice } from './domain/names.js';

/** The versions of all models. They are only ever added. */
export abstract class ModelVersions {
  /** The version of that model which has these very files, unless garbage collection took them. */
  abstract withFiles(model: string, filesDigest: string): Promise<ModelVersion | undefined>;
  /**
   * Adds a version under the number `decide` gives it; of two calls for one model, the second sees the first's. Throws
   * what `checkFiles` throws, which looks whether they are there while nothing takes them away.
   */
  abstract add(
    draft: VersionDraft,
    filesDigest: string,
    decide: (same: number | undefined, highest: number) => NumberDecision,
    checkFiles: () => Promise<unknown>,
  ): Promise<{ modelVersion: ModelVersion; created: boolean }>;
  abstract find(model: string, choice: VersionChoice): Promise<ModelVersion | undefined>;
  /** The models with all their versions, newest first, and their aliases; all of them, or the one of that name. */
  abstract models(name?: string): Promise<Model[]>;
}

/** A version that has everything but its number and its time. */
export interface VersionDraft extends Omit<ModelVersion, '$typeName' | '$unknown' | 'version' | 'createdAtMs'> {
  /** undefined: nobody told. */
  lineage: Lineage | undefined;
}
