import type { VersionFiles } from './executors.js';
import type { Routes, Version, WantedModel } from './domain/plan-versions.js';

/** Takes the whole wanted state; settles when each version of it is ready or was found unfit. */
export type ApplyWanted = (wanted: readonly WantedModel[]) => Promise<void>;

/** Says what should be served, and brings the files. */
export abstract class ModelSource {
  /** Calls `apply` with what is wanted, at once and at each change, until the signal aborts. Never throws. */
  abstract follow(apply: ApplyWanted, signal: AbortSignal): Promise<void>;
  /** Brings a version's files to this machine, however long that takes. Throws a Problem when they can never come. */
  abstract fetch(version: Version, signal: AbortSignal): Promise<VersionFiles>;
  /** Told at each change who answers for what and which versions are held, so that a restart can begin there. */
  abstract remember(wanted: readonly WantedModel[], routes: Routes, held: readonly Version[]): void;
}
