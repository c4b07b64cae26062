import type { Alert, AlertDesk } from './alerts.js';
import type { Measure, Severity } from './domain/judge-window.js';
import type { WindowName } from './domain/pane.js';

/** One reason behind a verdict: a feature that has drifted in one window, everywhere or in one segment. */
export interface Finding {
  window: WindowName;
  /** "dimension=value"; empty: all predictions of the version. */
  segment: string;
  feature: string;
  /** What of it: its distribution, or its share of missing or unseen values. */
  measure: Measure;
  severity: Severity;
  /** Over the warning floor: 1 is on it. */
  effect: number;
  /** Adjusted over the features and segments of the window. 0..1 */
  qValue: number;
  /** Nats; absent where the baseline is a constant. */
  psi?: number;
  /** Bounds of the distance, 0..1, and the value where the distributions are farthest apart; numeric features only. */
  ks?: { low: number; high: number; at: number };
  /** Independent observations in the window. */
  rows: number;
  /** How far it is from the same window a week ago; absent: nothing was counted then. */
  lastWeek?: { psi?: number; lInfinity: number };
  /** The bins that moved most, at most five, the farthest first. */
  bins: { label: string; expectedShare: number; actualShare: number }[];
}

/** What the evaluator has just decided of a model version. */
export interface Judgement {
  alert: Alert;
  /** As it stood before; undefined: the version was never judged. */
  before: Alert | undefined;
  /** Of the windows that have drifted at this look, worst first; empty while an alert is only held. */
  findings: Finding[];
  /** Rows that came late made the version fire, or not fire any more: in words. */
  corrected?: string;
}

/**
 * Who acts on judgements. Told within the evaluator's transaction: what it writes through the desk is kept when, and
 * only when, the judgement is. Once a version and pane, whatever was decided.
 */
export abstract class JudgementFollower {
  abstract judged(judgement: Judgement, desk: AlertDesk): Promise<void>;
  /** Nobody judges the version any more: no alias names it, and it has answered nothing for a day. */
  abstract retired(alert: Alert, desk: AlertDesk): Promise<void>;
}
