import type { Problem } from '@vinaigrette/problems';
import type { Version } from './domain/plan-versions.js';

/** Headers or metadata of a request, by lower-case name. */
export type CallerHeaders = Readonly<Record<string, unknown>>;

/** The way of one request through its queue and its run, on the clock of performance.now(). */
export interface RunTimes {
  queuedMs: number;
  startedMs: number;
  endedMs: number;
  /** Of the joined run it was a part of. */
  runRows: number;
}

/** What one inference did, for those who follow a request through several processes. */
export interface InferenceTrace {
  /** Who answers, and under which name that version was asked for. */
  found(version: Version, name: string): void;
  ran(times: RunTimes): void;
  ended(problem?: Problem): void;
}

/** Traces of inferences, each a part of its caller's. */
export abstract class Traces {
  abstract begin(caller: CallerHeaders): InferenceTrace;
}
