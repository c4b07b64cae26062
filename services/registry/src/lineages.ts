import type { ModelVersion } from '@vinaigrette/contracts/registry';
import type { Lineage } from '@vinaigrette/lineage';

/** A part of a lineage: a version comes from it when its own holds the same. */
export type Origin =
  | { data: [{ digest: string }] }
  | { code: { commit: string } }
  | { pipeline: { digest: string } }
  | { parent: { model: string; version: number } }
  | { parentRun: string }
  | { validatedWith: [{ kind: string; name: string; version: number }] };

/** Where the versions come from. Told with the version, and never changed. */
export abstract class Lineages {
  abstract find(model: string, version: number): Promise<Lineage | undefined>;
  /** By model, newest first. */
  abstract versionsFrom(origin: Origin, limit: number): Promise<ModelVersion[]>;
}
