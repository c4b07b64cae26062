import type { ProblemCode } from '@vinaigrette/problems';
import type { Version } from './domain/plan-versions.js';

/** `resting`: ready, wanted by nobody, kept warm for a way back. */
export type VersionState = 'loading' | 'ready' | 'quarantined' | 'resting';

/** How long the two ends of an inference took: its tensors read, its answer written. */
export interface ReplyTimes {
  inputSeconds: number;
  outputSeconds: number;
}

/** What the outside may see of the server's work. Durations are in seconds. */
export abstract class Observations {
  /** An inference was run: `rows` of the batch, the time from its acceptance to its outputs, and of that its wait. */
  abstract answered(version: Version, rows: number, seconds: number, queueSeconds: number): void;
  /** Its answer was written for the caller, who had asked under that name (a number, an alias, or nothing). */
  abstract told(version: Version, name: string, times: ReplyTimes): void;
  /** An inference was refused or failed after so long; no version: none was found for it. */
  abstract failed(version: Version | undefined, code: ProblemCode, seconds: number): void;
  /** One run of the executor, over as many requests as were joined. */
  abstract ran(version: Version, requests: number, rows: number, seconds: number): void;
  abstract queued(version: Version, requests: number): void;
  abstract executorLost(version: Version): void;
  abstract versionState(version: Version, state: VersionState): void;
  abstract versionGone(version: Version): void;
  /** Whether the source of what is wanted answers. */
  abstract followed(connected: boolean): void;
}

/** Lets each of them see what it looks at. */
export function observedByAll(all: readonly Partial<Observations>[]): Observations {
  return {
    answered: (...seen) => all.forEach((one) => one.answered?.(...seen)),
    told: (...seen) => all.forEach((one) => one.told?.(...seen)),
    failed: (...seen) => all.forEach((one) => one.failed?.(...seen)),
    ran: (...seen) => all.forEach((one) => one.ran?.(...seen)),
    queued: (...seen) => all.forEach((one) => one.queued?.(...seen)),
    executorLost: (...seen) => all.forEach((one) => one.executorLost?.(...seen)),
    versionState: (...seen) => all.forEach((one) => one.versionState?.(...seen)),
    versionGone: (...seen) => all.forEach((one) => one.versionGone?.(...seen)),
    followed: (...seen) => all.forEach((one) => one.followed?.(...seen)),
  };
}
