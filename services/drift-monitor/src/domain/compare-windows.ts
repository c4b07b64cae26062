import type { DriftPolicy } from '@vinaigrette/documents';
import { featureDrifts, type Counters, type FeatureDrift, type Grid } from '@vinaigrette/drift';
import type { Comparison } from './drift-query.js';
import { judgeWindow, type Severity } from './judge-window.js';
import type { WindowName } from './pane.js';

/** How one feature stands in a comparison; each figure is absent where it is not defined. */
export interface ComparedFeature {
  name: string;
  psi?: number;
  ksLow?: number;
  ksHigh?: number;
  jensenShannon?: number;
  qValue?: number;
  /** Over its warning floor: 1 is on it. */
  effect: number;
  severity: Severity | '';
}

/** One look at a window beside something else than its version's baseline, or at one variant alone. */
export interface Compared {
  window: WindowName;
  against: Comparison;
  /** Empty: all variants together. */
  variant: string;
  predictions: number;
  /** What it is compared with: a champion's version, and how many predictions or training rows that is. */
  expected: { name: string; predictions: number };
  state: 'no-data' | 'insufficient' | 'no-baseline' | 'clear' | 'lingering' | 'drifted';
  severity: Severity | '';
  why: string;
  /** Mean Jensen-Shannon distance weighted by importance, 0..1; absent: the baseline states no importance. */
  weightedShift?: number;
  features: ComparedFeature[];
}

/** Two sides on one grid, `predictions` records of any status in the window. */
export function compareWindows(
  about: Pick<Compared, 'window' | 'against' | 'variant' | 'expected'>,
  grid: Grid,
  { counters, predictions }: { counters: Counters; predictions: number },
  expected: Counters,
  policy: DriftPolicy,
): Compared {
  const drifts = featureDrifts(grid, counters, expected);
  const learned = about.against === 'baseline' ? { learned: grid.baseline.learned } : {};
  const { look, judged } = judgeWindow([{ segment: '', features: drifts }], predictions, policy, learned);
  const shift = weightedShift(drifts);
  return {
    ...about,
    predictions,
    state: look.kind,
    severity: look.kind === 'drifted' ? look.severity : '',
    why: look.why,
    ...(shift === undefined ? {} : { weightedShift: shift }),
    features: drifts.map(({ name, measured }) => {
      const tests = judged.filter((test) => test.name === name);
      const { qValue } = tests.find(({ measure }) => measure === 'shape') ?? {};
      const severities = tests.map(({ severity }) => severity);
      return {
        name,
        ...(measured?.psi === undefined ? {} : { psi: measured.psi }),
        ...(measured?.ks ? { ksLow: measured.ks.low, ksHigh: measured.ks.high } : {}),
        ...(measured ? { jensenShannon: measured.jensenShannon } : {}),
        ...(qValue === undefined ? {} : { qValue }),
        effect: Math.max(0, ...tests.map(({ effect }) => effect)),
        severity: severities.includes('critical') ? 'critical' : severities.includes('warning') ? 'warning' : '',
      };
    }),
  };
}

/** Mean Jensen-Shannon distance of features weighted by the importance the model states, 0..1; undefined: it states none. */
export function weightedShift(features: readonly FeatureDrift[]): number | undefined {
  let [weights, sum] = [0, 0];
  for (const { importance = 0, measured } of features) {
    if (!measured) continue;
    weights += importance;
    sum += importance * measured.jensenShannon;
  }
  return weights > 0 ? sum / weights : undefined;
}
