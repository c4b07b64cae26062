import { parseDocument, type DriftPolicy } from '@vinaigrette/documents';
import { rowsForPsi, type Baseline, type FeatureDrift } from '@vinaigrette/drift';
import { benjaminiHochberg } from './benjamini-hochberg.js';

/** What is judged by when nobody has said otherwise. */
export const defaultPolicy: DriftPolicy = parseDocument('drift-policy', {});

export type Severity = 'warning' | 'critical';

/** One look at one window. `lingering`: not drifted, and not far enough below the floor to end an alert. */
export type Look =
  | { kind: 'no-data' | 'insufficient' | 'no-baseline'; why: string }
  | { kind: 'clear' | 'lingering'; why: string }
  | { kind: 'drifted'; severity: Severity; features: string[]; why: string };

/** What was measured of all predictions (segment '') or of those of one segment. */
export interface SegmentDrift {
  segment: string;
  features: readonly FeatureDrift[];
}

/** What of a feature can drift: its distribution, its share of missing values, or of values training never met. */
export type Measure = 'shape' | 'missing' | 'unseen';

/** A feature of a segment as the judge saw it. */
export interface JudgedFeature {
  segment: string;
  name: string;
  measure: Measure;
  /** Independent observations the window holds, and how many a verdict needs. */
  observations: number;
  needed: number;
  /** Adjusted over everything in the window that has enough of them; absent where there are not. 0..1 */
  qValue?: number;
  /** How far over its warning floor: 1 is on it. */
  effect: number;
  severity?: Severity;
}

interface Test extends JudgedFeature {
  pValue: number;
  /** At or over the critical floor. */
  critical: boolean;
  feature: FeatureDrift;
}

interface Floor {
  warning: number;
  critical: number;
}

/**
 * Three gates: the change is no chance (adjusted p), it is large enough to matter (effect over its floor), and there are
 * enough observations to tell. What has too few is not judged; when that is so for more than half of the features of the
 * whole, nothing is clear. `excused` are tests, by `testKey`, that drift for a known reason.
 */
export function judgeWindow(
  segments: readonly SegmentDrift[] | undefined,
  predictions: number,
  policy: DriftPolicy = defaultPolicy,
  { learned, excused }: { learned?: Baseline['learned']; excused?: ReadonlySet<string> } = {},
): { look: Look; judged: JudgedFeature[] } {
  if (predictions === 0)
    return { look: { kind: 'no-data', why: 'no prediction by the end of the last 5-minute pane' }, judged: [] };
  if (!segments)
    return { look: { kind: 'no-baseline', why: 'the version has no baseline to compare with' }, judged: [] };
  const tests: Test[] = [];
  for (const { segment, features } of segments) {
    for (const feature of features) {
      if (!policy.features[feature.name]?.ignore) pushTests(tests, segment, feature, policy, learned);
    }
  }
  const enough = tests.filter(({ feature, observations, needed }) => feature.measured && observations >= needed);
  const qValues = benjaminiHochberg(enough.map(({ pValue }) => pValue));
  enough.forEach((test, index) => {
    test.qValue = qValues[index] as number;
    if (excused?.has(testKey(test.segment, test.name))) return;
    if (test.qValue <= policy.q && test.effect >= 1) test.severity = test.critical ? 'critical' : 'warning';
  });
  return { look: lookOf(tests, enough, policy), judged: tests };
}

function lookOf(tests: readonly Test[], enough: readonly Test[], policy: DriftPolicy): Look {
  const shapes = tests.filter(({ segment, measure }) => segment === '' && measure === 'shape');
  const drifted = enough.filter(({ severity }) => severity).sort((a, b) => b.effect - a.effect);
  if (drifted.length > 0) {
    const severity = drifted.some((test) => test.severity === 'critical') ? 'critical' : 'warning';
    const told = drifted.slice(0, SENTENCES_MAX).map(sentence).join('; ');
    const why = drifted.length > SENTENCES_MAX ? `${told}; and ${drifted.length - SENTENCES_MAX} more` : told;
    return { kind: 'drifted', severity, features: [...new Set(drifted.map(({ name }) => name))], why };
  }
  const clear = shapes.filter(({ qValue }) => qValue !== undefined);
  // What few features say is heard when it is bad news; good news takes half of them.
  if (clear.length === 0 || clear.length * 2 < shapes.length)
    return { kind: 'insufficient', why: whyInsufficient(shapes) };
  const worst = enough.reduce((a, b) => (b.effect > a.effect ? b : a));
  const why = `${clear.length} of ${shapes.length} features judged, the farthest is ${titleOf(worst)} at ${percent(worst.effect)} of its floor`;
  return { kind: worst.effect < policy.clearShare ? 'clear' : 'lingering', why };
}

/** One text a feature and segment; no part can pretend to be two. */
export const testKey = (segment: string, name: string): string => JSON.stringify([segment, name]);

/** Of what has drifted, so much is told in words. */
const SENTENCES_MAX = 5;

/** Thousands of tests a look: each is one plain object, all of one shape. */
function pushTests(
  tests: Test[],
  segment: string,
  feature: FeatureDrift,
  policy: DriftPolicy,
  learned: Baseline['learned'] | undefined,
): void {
  const { name, kind, independent, missingShare, unseenShare } = feature;
  const own = policy.features[name];
  tests.push(shapeTest(segment, feature, policy, learned));
  // A missing category is a bin of its shape; a number outside the training range moves its KS distance.
  const measures = kind === 'numeric' ? (['missing'] as const) : kind === 'items' ? rates : (['unseen'] as const);
  for (const measure of measures) {
    const { expected, actual, pValue } = measure === 'missing' ? missingShare : unseenShare;
    const floor = own?.[measure] ?? policy[measure];
    const moved = Math.abs(actual - expected);
    const rows = measure === 'missing' ? independent.window + feature.missing : independent.window;
    tests.push({
      segment,
      name,
      measure,
      feature,
      observations: rows,
      pValue,
      needed: rowsForShare(floor.warning),
      effect: moved / floor.warning,
      critical: moved >= floor.critical,
    });
  }
}
const rates = ['missing', 'unseen'] as const;

/** The larger of PSI and KS as a share of their floors; of a constant how much of it has moved. */
function shapeTest(
  segment: string,
  feature: FeatureDrift,
  policy: DriftPolicy,
  learned: Baseline['learned'] | undefined,
): Test {
  const { name, measured, independent, bins } = feature;
  const own = policy.features[name];
  const taught = policy.thresholds === 'learned' ? learned?.features[name] : undefined;
  const psiFloor = own?.psi ?? learnedFloor(policy.psi, taught?.psi);
  const ksFloor = own?.ks ?? learnedFloor(policy.ks, taught?.ks);
  const constant = measured !== undefined && measured.psi === undefined;
  const distance = measured?.ks?.low ?? (constant ? measured.lInfinity : 0);
  const psi = measured?.psi ?? 0;
  return {
    segment,
    name,
    measure: 'shape',
    feature,
    observations: independent.window,
    pValue: measured?.pValue ?? 1,
    needed: constant ? rowsForShare(ksFloor.warning) : rowsForPsi(bins.length, psiFloor.warning, independent.baseline),
    effect: Math.max(psi / psiFloor.warning, distance / ksFloor.warning),
    critical: psi >= psiFloor.critical || distance >= ksFloor.critical,
  };
}

/** What the training rows do by themselves is the warning; as far above it as by hand is critical. */
function learnedFloor(byHand: Floor, taught: number | undefined): Floor {
  if (taught === undefined || taught === 0) return byHand;
  return { warning: taught, critical: (taught * byHand.critical) / byHand.warning };
}

/** Rows at which a share that did not change passes the floor less than once in twenty, whatever it is; at least 100. */
const rowsForShare = (floor: number): number => Math.max(100, Math.ceil(0.25 * (1.645 / floor) ** 2));

function whyInsufficient(shapes: readonly Test[]): string {
  const waiting = shapes.filter(({ qValue }) => qValue === undefined);
  if (waiting.length === 0) return 'the policy judges no feature of the version';
  const closest = waiting.reduce((a, b) => (b.observations / b.needed > a.observations / a.needed ? b : a));
  if (!Number.isFinite(closest.needed)) return 'the baseline holds too few rows to judge against it';
  return `${waiting.length} of ${shapes.length} features have too few observations: ${closest.name} has ${closest.observations} of the ${closest.needed} it needs`;
}

function sentence(test: Test): string {
  const { measure, feature, observations } = test;
  const { measured, missingShare, unseenShare } = feature;
  const title = titleOf(test);
  if (measure !== 'shape') {
    const { expected, actual } = measure === 'missing' ? missingShare : unseenShare;
    return `${title}: ${percent(actual)} ${measure}, ${percent(expected)} in training, n ${observations}`;
  }
  const moved = measured?.ks?.low ?? measured?.lInfinity ?? 0;
  const psi = measured?.psi === undefined ? `${percent(moved)} moved` : `PSI ${measured.psi.toFixed(3)}`;
  const ks = measured?.ks ? `, KS ${measured.ks.low.toFixed(3)} at ${Number(measured.ks.at.toPrecision(6))}` : '';
  return `${title}: ${psi}${ks}, n ${observations}`;
}

const titleOf = ({ segment, name }: JudgedFeature) => (segment === '' ? name : `${name} of ${segment}`);
const percent = (share: number) => `${Math.round(share * 100)} %`;
