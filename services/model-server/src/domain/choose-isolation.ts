import type { Isolation } from './model-settings.js';

/** What proving a version told about its graph. */
export interface Measured {
  /** Loading it, in milliseconds of processor time, as all here. */
  loadMs: number;
  /** The median run of one golden example, in milliseconds. */
  runMs: number;
  /** The median run of the largest batch that was tried, in milliseconds. */
  batchRunMs: number;
}

/** What is known of a version when its place is chosen. */
export interface Evidence {
  /** Absent: there were no golden examples to run. */
  measured: Measured | undefined;
  /** Whether the graph has operators that may repeat without end. */
  mayLoop: boolean;
}

/**
 * Most a version may hold up the thread that speaks to callers: by a run, by a batch, and once by being loaded. A hop to
 * a process costs two system calls and a wake-up at each side, which is much beside 0.1 ms and little beside 1 ms.
 */
const INLINE_RUN_MS_MAX = 0.5;
const INLINE_BATCH_MS_MAX = 4;
const INLINE_LOAD_MS_MAX = 60;

/** Where to run a version whose settings leave it open: near when it is quick and proved, else where it can do no harm. */
export function chooseIsolation({ measured, mayLoop }: Evidence): Isolation {
  if (!measured || mayLoop) return 'process';
  const quick =
    measured.runMs <= INLINE_RUN_MS_MAX &&
    measured.batchRunMs <= INLINE_BATCH_MS_MAX &&
    measured.loadMs <= INLINE_LOAD_MS_MAX;
  return quick ? 'inline' : 'process';
}
