import type { WindowMemory } from './domain/alert.js';
import type { Compared } from './domain/compare-windows.js';
import type { Look } from './domain/judge-window.js';
import type { Range, WindowName } from './domain/pane.js';

/** One look at one window of a version, as it was issued. */
export interface IssuedLook {
  window: WindowName;
  /** End of the window, event time. */
  toMs: number;
  /** From 1; a later one corrects those before it. */
  revision: number;
  /** In the window when it was judged. */
  predictions: number;
  look: Look;
  /** When it was issued, milliseconds since the epoch. */
  issuedMs: number;
}

/** What is written down of a look; `before` is what was remembered of the window until then. */
export type LookRecord = Omit<IssuedLook, 'issuedMs'> & { before?: WindowMemory };

export interface VersionName {
  model: string;
  version: number;
}

/** Looks and comparisons within the evaluator's transaction. */
export interface LookDesk {
  /** The last revision of every look that ends at or after the moment, oldest first. */
  issued(of: VersionName, fromMs: number): Promise<LookRecord[]>;
  /** Writes a revision down; one that is there already only gets what was remembered before it. */
  issue(of: VersionName, look: LookRecord): Promise<void>;
  /** These are the version's comparisons now, and no others. */
  compare(of: VersionName, toMs: number, compared: readonly Compared[]): Promise<void>;
}

/** Most looks that are told at once: both windows of three days, with some revisions. */
export const LOOKS_MAX = 2_000;

/** What was seen, look by look. */
export abstract class Looks {
  /** Every revision of every look that ends in the range, newest first, at most so many. */
  abstract list(of: VersionName, range: Range, most: number): Promise<IssuedLook[]>;
  /** Of one model, or of all for ''. */
  abstract comparisons(model: string): Promise<(VersionName & { toMs: number } & Compared)[]>;
  /** Deletes what was issued before the moment. */
  abstract forget(issuedBeforeMs: number): Promise<void>;
}
