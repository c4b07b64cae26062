/** The drift monitor's answers, as its JSON has them: 64-bit counts and times are text, absent statistics are absent. */
export type AlertState = 'OK' | 'PENDING' | 'FIRING' | 'NO_DATA' | 'INSUFFICIENT' | 'NO_BASELINE';

export interface ListedVersion {
  version: number;
  wanted: boolean;
  known: boolean;
  hasBaseline: boolean;
  hasRules: boolean;
  state: AlertState | null;
  predictions: number;
  oldestPaneMs: number | null;
  newestPaneMs: number | null;
}
export interface ListedModel {
  model: string;
  versions: ListedVersion[];
}
export interface Alert {
  model: string;
  version: number;
  state: `ALERT_STATE_${AlertState}`;
  sinceMs: string;
  why: string;
  severity: '' | 'warning' | 'critical';
  features: string[];
}
export interface Bin {
  label: string;
  expectedShare: number;
  actualShare: number;
}
export interface Feature {
  name: string;
  kind: 'numeric' | 'categorical' | 'items';
  baselineCount: string;
  count: string;
  missing: string;
  unseen: string;
  psi?: number;
  ksLow?: number;
  ksHigh?: number;
  ksAt?: number;
  pValue?: number;
  /** Over the warning floor: 1 is on it. */
  effect?: number;
  bins: Bin[];
  /** Both distributions of a number, ascending; empty of anything else. */
  cumulative: CumulativePoint[];
}
export interface CumulativePoint {
  value: number;
  expectedBelow: number;
  actualBelow: number;
}
export interface Drift {
  model: string;
  version: number;
  variant: string;
  fromMs: string;
  toMs: string;
  predictions: string;
  fallbacks: string;
  errors: string;
  state: `ALERT_STATE_${AlertState}`;
  why: string;
  features: Feature[];
}
/** Features against time or segments. */
export interface DriftMap {
  by: 'time' | 'segment';
  /** In the baseline's order, which is that of every column's cells. */
  features: string[];
  columns: DriftColumn[];
}
export interface DriftColumn {
  /** "2026-11-21 10:00" or "country=de"; "" for the whole in a map by segment. */
  label: string;
  fromMs: string;
  toMs: string;
  predictions: string;
  cells: DriftCell[];
}
export interface DriftCell {
  psi?: number;
  ksLow?: number;
  /** Over the warning floor: 1 is on it. Absent: nothing was measured. */
  effect?: number;
  severity: '' | 'warning' | 'critical';
  /** Whether there were enough observations to judge. */
  enough: boolean;
}
export interface HitRate {
  predictions: number;
  withOutcome: number;
  hitsAt5: number;
  hitRate: number | null;
  coverage: number | null;
}
export interface Performance extends HitRate {
  fallback: HitRate;
}

/** With its 95 % interval; null: too little is known to tell. */
export interface Estimate {
  value: number | null;
  low: number | null;
  high: number | null;
  /** Observations behind it. */
  n: number;
}
export interface LabelCoverage {
  predictions: number;
  labelled: number;
  share: Estimate;
}
export interface Measures {
  /** Name and version of the `performance` document in force; "": there is none. */
  document: string;
  coverage: LabelCoverage;
  /** Of those old enough to have their label. */
  mature: LabelCoverage;
  measures: Record<string, Estimate>;
}
export type Kpi = Estimate & { kpi: string; kpiVersion: number };
export interface Rules {
  fromMs: number;
  toMs: number;
  countedOn: 'holdout' | 'everybody';
  baskets: number;
  /** What rests on most recommendations first. */
  rules: RuleDecay[];
}
export interface RuleDecay {
  rule: number;
  state: 'held' | 'decayed' | 'dead' | 'unknown';
  says: string;
}
export type LookState = 'no-data' | 'insufficient' | 'no-baseline' | 'clear' | 'lingering' | 'drifted';
export interface Compared {
  version: number;
  window: '1h' | '24h';
  against: 'baseline' | 'last-week' | 'champion';
  /** "": all variants together. */
  variant: string;
  toMs: number;
  predictions: number;
  expected: { name: string; predictions: number };
  state: LookState;
  severity: '' | 'warning' | 'critical';
  why: string;
}
export interface IssuedLook {
  window: '1h' | '24h';
  toMs: number;
  /** From 1; a later one corrects those before it. */
  revision: number;
  predictions: number;
  look: { kind: LookState; severity?: 'warning' | 'critical'; why: string };
}

/** Why there is no answer, for a person. */
export class NoAnswer extends Error {
  constructor(
    message: string,
    readonly remedy: string,
    /** The monitor answered, and refused. */
    readonly refused: boolean,
    readonly code = '',
  ) {
    super(message);
  }
}

const PATIENCE_MS = 10_000;

/**
 * Asks the monitor that served this page, or has it do something. Rejects with NoAnswer, or with an AbortError once
 * `signal` is aborted.
 */
export async function ask<T>(path: string, signal: AbortSignal, request: RequestInit = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { ...request, signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
    if (answer.ok) return (await answer.json()) as T;
  } catch (error) {
    if (signal.aborted) throw error;
    const why = error instanceof DOMException ? ` within ${PATIENCE_MS / 1_000} s` : '';
    throw new NoAnswer(`The monitor does not answer${why}.`, 'Check that it runs and that you can reach it.', false);
  }
  const { title, detail, remedy, code } = (await answer.json().catch(() => ({}))) as Record<string, string | undefined>;
  const said = detail ?? title ?? `status ${answer.status}`;
  const refused = answer.status < 500;
  throw new NoAnswer(refused ? said : `The monitor could not answer: ${said}`, remedy ?? '', refused, code);
}
