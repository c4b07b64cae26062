import { create } from '@bufbuild/protobuf';
import {
  EstimateSchema,
  GetMeasuresResponseSchema,
  GetWorthResponseSchema,
  HitRateSchema,
  IssuedLookSchema,
  LabelCandidateSchema,
  ListKpisResponseSchema,
  ListRulesResponseSchema,
  MonitorActionSchema,
  VersionComparisonSchema,
  type Estimate as EstimateMessage,
} from '@vinaigrette/contracts/monitor';
import type { Action } from '../../actions.js';
import type { Compared } from '../../domain/compare-windows.js';
import type { HitRate } from '../../domain/hit-rate.js';
import type { Estimate } from '../../domain/intervals.js';
import type { LabelCandidate } from '../../domain/label.js';
import type { IssuedLook, VersionName } from '../../looks.js';
import type { MeasuredPerformance } from '../../measure-performance.js';
import type { Kpis, Measures, Rules, Worths } from '../../read-measures.js';

/** The contract's messages of what is measured and what was done; figures nobody knows are absent. */
function estimateMessage({ value, low, high, n }: Estimate): EstimateMessage {
  return create(EstimateSchema, { ...known({ value, low, high }), n });
}

const known = <T extends Record<string, number | null>>(figures: T): { [K in keyof T]?: number } =>
  Object.fromEntries(Object.entries(figures).filter(([, figure]) => figure !== null)) as { [K in keyof T]?: number };

const aboutOf = ({ model, version, fromMs, toMs }: Pick<Measures, 'model' | 'version' | 'fromMs' | 'toMs'>) => ({
  ...{ model, version },
  fromMs: BigInt(fromMs),
  toMs: BigInt(toMs),
});

const coverageMessage = ({ predictions, labelled, share }: MeasuredPerformance['coverage']) => ({
  predictions: BigInt(predictions),
  labelled: BigInt(labelled),
  share: estimateMessage(share),
});

export function measuresMessage(measured: Measures) {
  const { document, task, coverage, mature, measures, classes = [], calibration } = measured;
  const { expectedError = null, tenths = [] } = calibration ?? {};
  return create(GetMeasuresResponseSchema, {
    ...aboutOf(measured),
    ...{ document, task },
    coverage: coverageMessage(coverage),
    mature: coverageMessage(mature),
    measures: Object.fromEntries(Object.entries(measures).map(([name, figure]) => [name, estimateMessage(figure)])),
    classes: classes.map(({ class: name, precision, recall, f1 }) => ({
      class: name,
      precision: estimateMessage(precision),
      recall: estimateMessage(recall),
      f1: estimateMessage(f1),
    })),
    calibration: tenths.map(({ from, meanScore, cameTrue }) => {
      return { from, ...known({ meanScore }), cameTrue: estimateMessage(cameTrue) };
    }),
    ...known({ expectedCalibrationError: expectedError }),
  });
}

export const kpisMessage = (measured: Kpis) =>
  create(ListKpisResponseSchema, {
    ...aboutOf(measured),
    kpis: measured.kpis.map(({ kpi, kpiVersion, ...figure }) => ({
      ...{ kpi, kpiVersion },
      estimate: estimateMessage(figure),
    })),
  });

export function worthMessage(worth: Worths) {
  const { kpi, kpiVersion, withModel, holdout, per1000, says } = worth;
  return create(GetWorthResponseSchema, {
    ...aboutOf(worth),
    ...{ kpi, kpiVersion, says },
    withModel: estimateMessage(withModel),
    holdout: estimateMessage(holdout),
    per1000: estimateMessage(per1000),
  });
}

export const rulesMessage = (found: Rules) =>
  create(ListRulesResponseSchema, {
    ...aboutOf(found),
    countedOn: found.countedOn,
    baskets: BigInt(found.baskets),
    rules: found.rules.map(({ antecedent, live, ...rule }) => ({
      ...rule,
      antecedent: [...antecedent],
      live: estimateMessage(live),
    })),
  });

export const hitRateMessage = ({ predictions, withOutcome, hitsAt5, hitRate, coverage }: HitRate) =>
  create(HitRateSchema, {
    predictions: BigInt(predictions),
    withOutcome: BigInt(withOutcome),
    hitsAt5: BigInt(hitsAt5),
    ...known({ hitRate, coverage }),
  });

export const lookMessage = ({ window, toMs, revision, predictions, look, issuedMs }: IssuedLook) =>
  create(IssuedLookSchema, {
    ...{ window, revision, state: look.kind, why: look.why },
    severity: look.kind === 'drifted' ? look.severity : '',
    toMs: BigInt(toMs),
    predictions: BigInt(predictions),
    issuedMs: BigInt(issuedMs),
  });

export const comparisonMessage = ({
  toMs,
  predictions,
  expected,
  ...compared
}: VersionName & { toMs: number } & Compared) =>
  create(VersionComparisonSchema, {
    ...compared,
    toMs: BigInt(toMs),
    predictions: BigInt(predictions),
    expectedName: expected.name,
    expectedPredictions: expected.predictions,
  });

export const actionMessage = ({ model, version, kind, state, why, answer, decidedMs, evidence }: Action) =>
  create(MonitorActionSchema, {
    ...{ model, version, kind, state, why, answer },
    decidedMs: BigInt(decidedMs),
    evidenceJson: JSON.stringify(evidence),
  });

export const candidateMessage = ({ occurredAtMs, logged, ...candidate }: LabelCandidate) =>
  create(LabelCandidateSchema, {
    ...candidate,
    occurredAtMs: BigInt(occurredAtMs),
    loggedJson: JSON.stringify(logged),
  });
