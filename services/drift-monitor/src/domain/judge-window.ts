import { rowsForPsi, type FeatureDrift } from '@vinaigrette/drift';
import { benjaminiHochberg } from './benjamini-hochberg.js';

/** When a window has drifted. Shares and distances 0..1, PSI in nats. */
export interface DriftRule {
  /** Most false alarms among the alarms of one window. */
  q: number;
  psi: { warning: number; critical: number };
  ks: { warning: number; critical: number };
  /** An alert ends when everything is below this share of its warning floor. */
  clearShare: number;
}
export const defaultRule: DriftRule = {
  q: 0.05,
  psi: { warning: 0.1, critical: 0.25 },
  ks: { warning: 0.08, critical: 0.2 },
  clearShare: 0.7,
};

export type Severity = 'warning' | 'critical';

/** One look at one window. `lingering`: not drifted, and not far enough below the floor to end an alert. */
export type Look =
  | { kind: 'no-data' | 'insufficient' | 'no-baseline'; why: string }
  | { kind: 'clear' | 'lingering'; why: string }
  | { kind: 'drifted'; severity: Severity; features: string[]; why: string };

/** A feature as the judge saw it. */
export interface JudgedFeature {
  name: string;
  /** Independent observations the window holds, and how many a verdict needs. */
  observations: number;
  needed: number;
  /** Adjusted over the features of the window that hold enough; absent where one does not. 0..1 */
  qValue?: number;
  /** How far over its warning floor: 1 is on it. */
  effect: number;
  severity?: Severity;
}

/**
 * Whether a window has drifted: the chance of it is small (adjusted over all features), the effect is large enough to
 * matter, and there are enough observations to tell. A feature with too few is not judged; when that is so for more than half
 * of them, nothing is clear.
 */
export function judgeWindow(
  features: readonly FeatureDrift[] | undefined,
  predictions: number,
  rule: DriftRule = defaultRule,
): { look: Look; judged: JudgedFeature[] } {
  if (predictions === 0)
    return { look: { kind: 'no-data', why: 'no prediction by the end of the last 5-minute pane' }, judged: [] };
  if (!features)
    return { look: { kind: 'no-baseline', why: 'the version has no baseline to compare with' }, judged: [] };
  const judged = judgeFeatures(features, rule);
  const enough = judged.filter(({ qValue }) => qValue !== undefined);
  if (enough.length === 0) return { look: { kind: 'insufficient', why: whyInsufficient(judged) }, judged };
  const drifted = enough.filter(({ severity }) => severity).sort((a, b) => b.effect - a.effect);
  if (drifted.length > 0) {
    const severity = drifted.some((feature) => feature.severity === 'critical') ? 'critical' : 'warning';
    const names = drifted.map(({ name }) => name);
    const why = drifted.map(({ name }) => sentence(features.find((feature) => feature.name === name)!)).join('; ');
    return { look: { kind: 'drifted', severity, features: names, why }, judged };
  }
  // What few features say is heard when it is bad news; good news takes half of them.
  if (enough.length * 2 < judged.length)
    return { look: { kind: 'insufficient', why: whyInsufficient(judged) }, judged };
  const worst = enough.reduce((a, b) => (b.effect > a.effect ? b : a));
  const why = `${enough.length} of ${features.length} features judged, the farthest is ${worst.name} at ${percent(worst.effect)} of its floor`;
  return { look: { kind: worst.effect < rule.clearShare ? 'clear' : 'lingering', why }, judged };
}

function judgeFeatures(features: readonly FeatureDrift[], rule: DriftRule): JudgedFeature[] {
  const judged = features.map((feature): JudgedFeature => {
    const needed = rowsForPsi(feature.bins.length, rule.psi.warning, feature.independent.baseline);
    return { name: feature.name, observations: feature.independent.window, needed, effect: effectOf(feature, rule) };
  });
  const enough = judged.filter((feature, index) => features[index]!.measured && feature.observations >= feature.needed);
  const measuredOf = ({ name }: JudgedFeature) => features.find((feature) => feature.name === name)!.measured!;
  const qValues = benjaminiHochberg(enough.map((feature) => measuredOf(feature).pValue));
  enough.forEach((feature, index) => {
    feature.qValue = qValues[index] as number;
    if (feature.qValue > rule.q || feature.effect < 1) return;
    const { psi, ks } = measuredOf(feature);
    feature.severity = psi >= rule.psi.critical || (ks?.low ?? 0) >= rule.ks.critical ? 'critical' : 'warning';
  });
  return judged;
}

/** The larger of PSI and KS as a share of their warning floors. */
function effectOf({ measured }: FeatureDrift, rule: DriftRule): number {
  if (!measured) return 0;
  return Math.max(measured.psi / rule.psi.warning, (measured.ks?.low ?? 0) / rule.ks.warning);
}

function whyInsufficient(judged: readonly JudgedFeature[]): string {
  const waiting = judged.filter(({ qValue }) => qValue === undefined);
  const closest = waiting.reduce((a, b) => (b.observations / b.needed > a.observations / a.needed ? b : a));
  if (!Number.isFinite(closest.needed)) return 'the baseline holds too few rows to judge against it';
  return `${waiting.length} of ${judged.length} features have too few observations: ${closest.name} has ${closest.observations} of the ${closest.needed} it needs`;
}

function sentence({ name, measured, independent }: FeatureDrift): string {
  const ks = measured?.ks ? `, KS ${measured.ks.low.toFixed(3)} at ${Number(measured.ks.at.toPrecision(6))}` : '';
  return `${name}: PSI ${measured?.psi.toFixed(3)}${ks}, n ${independent.window}`;
}

const percent = (share: number) => `${Math.round(share * 100)} %`;
