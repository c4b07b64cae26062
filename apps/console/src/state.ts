import type { Alert, Drift, DriftMap, ListedModel, NoAnswer, Performance } from './monitor.js';
import { questionOf, type Place } from './place.js';

/** What was asked, and what the monitor said to it. */
export interface Seen {
  question: string;
  drift: Drift;
  performance: Performance;
  /** By time and by segment. */
  maps: readonly DriftMap[];
}

/** The cell of a heat map the reader points at, or has come to by key. */
export interface Pointed {
  by: DriftMap['by'];
  feature: string;
  column: string;
}

/** Everything the page is drawn from. */
export interface State {
  place: Place;
  nowMs: number;
  paused: boolean;
  /** When the monitor last answered; absent: never. */
  answeredAtMs?: number;
  models?: readonly ListedModel[];
  alerts: readonly Alert[];
  seen?: Seen;
  pointed?: Pointed;
  /** Why the last question has no answer. */
  failure?: NoAnswer;
}

/** Whether what was seen is what the place asks for. */
export const isUpToDate = ({ place, seen }: State): boolean => seen?.question === questionOf(place).toString();
