import type {
  Alert,
  Compared,
  Drift,
  DriftMap,
  IssuedLook,
  Kpi,
  ListedModel,
  Measures,
  NoAnswer,
  Performance,
  Rules,
} from './monitor.js';
import { questionOf, type Place } from './place.js';

/** What was asked, and what the monitor said to it. */
export interface Seen {
  question: string;
  drift: Drift;
  performance: Performance;
  /** By time and by segment. */
  maps: readonly DriftMap[];
}

/** What the monitor measured beside the drift, of the same question; asked after it, since it is read from the archive. */
export interface Measured {
  question: string;
  measures: Measures;
  kpis: readonly Kpi[];
  /** What the model earns by its first KPI, as a sentence; absent: it has none. */
  worth?: string;
  /** Of the week up to the window's end; absent: the version has no association rules. */
  rules?: Rules;
  compared: readonly Compared[];
  looks: readonly IssuedLook[];
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
  measured?: Measured;
  /** What came of the last thing the reader had done. */
  done?: string;
  pointed?: Pointed;
  /** Why the last question has no answer. */
  failure?: NoAnswer;
}

/** Whether what was seen is what the place asks for. */
export const isUpToDate = ({ place, seen }: State): boolean => seen?.question === questionOf(place).toString();
