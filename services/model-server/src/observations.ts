import type { ProblemCode } from '@vinaigrette/problems';
import type { Version } from './domain/plan-versions.js';

/** `resting`: ready, wanted by nobody, kept warm for a way back. */
export type VersionState = 'loading' | 'ready' | 'quarantined' | 'resting';

/** What the outside may see of the server's work. Durations are in seconds. */
export abstract class Observations {
  /** An inference was answered: `rows` of the batch, and the time from its acceptance to its answer. */
  abstract answered(version: Version, rows: number, seconds: number): void;
  /** An inference was refused or failed; no version: none was found for it. */
  abstract failed(version: Version | undefined, code: ProblemCode): void;
  /** One run of the executor, over as many requests as were joined. */
  abstract ran(version: Version, requests: number, rows: number, seconds: number): void;
  abstract queued(version: Version, requests: number): void;
  abstract executorLost(version: Version): void;
  abstract versionState(version: Version, state: VersionState): void;
  abstract versionGone(version: Version): void;
  /** Whether the source of what is wanted answers. */
  abstract followed(connected: boolean): void;
}
