import { create } from '@bufbuild/protobuf';
import {
  AlertSchema,
  AlertState,
  CountedModelSchema,
  DriftMapSchema,
  DriftSchema,
  FeatureDriftSchema,
  OnCallPageSchema,
  RejudgeDriftResponseSchema,
  type Alert as AlertMessage,
  type Drift as DriftMessage,
  type DriftMap as DriftMapMessage,
  type FeatureDrift as FeatureDriftMessage,
  type RejudgeDriftResponse,
} from '@vinaigrette/contracts/monitor';
import { cumulativePoints, type CumulativePoint, type FeatureDrift } from '@vinaigrette/drift';
import type { Alert } from '../../alerts.js';
import type { Told } from '../../domain/delivery.js';
import type { JudgedFeature, Severity } from '../../domain/judge-window.js';
import type { Page } from '../../domain/page.js';
import type { WouldBePage } from '../../domain/rejudge.js';
import type { ListedModel } from '../../list-models.js';
import type { DriftMap } from '../../read-drift-map.js';
import type { Drift } from '../../read-drift.js';
import type { Rejudged } from '../../rejudge-drift.js';

/** Points of a distribution that are sent. */
const POINTS_MAX = 101;

/** The contract's messages of what the use cases answer; HTTP sends the same as JSON. */
export function driftMessage(drift: Drift): DriftMessage {
  const { selection, range, against, statuses, predictions, features, judged, weightedShift, verdict } = drift;
  const { grid, counters } = drift;
  const points = grid ? cumulativePoints(grid, counters.window, counters.expected, POINTS_MAX) : new Map();
  return create(DriftSchema, {
    ...selection,
    fromMs: BigInt(range.fromMs),
    toMs: BigInt(range.toMs),
    predictions: BigInt(predictions),
    fallbacks: BigInt(statuses.fallback),
    errors: BigInt(statuses.error + statuses.timeout),
    state: AlertState[verdict.state],
    why: verdict.why,
    features: features.map((feature) => {
      const role = drift.outputs.has(feature.name) ? 'prediction' : 'input';
      const tests = judged.filter(({ name }) => name === feature.name);
      return featureMessage(feature, role, tests, points.get(feature.name) ?? []);
    }),
    against: against.kind,
    againstName: against.name,
    againstPredictions: BigInt(Math.round(against.predictions)),
    severity: worstOf(judged),
    stale: verdict.stale ?? '',
    ...(weightedShift === undefined ? {} : { weightedShift }),
    segments: drift.segments,
    policy: drift.policy,
  });
}

function featureMessage(
  { measured, name, kind, importance, baselineCount, count, missing, unseen, ...feature }: FeatureDrift,
  role: string,
  tests: readonly JudgedFeature[],
  cumulative: CumulativePoint[],
): FeatureDriftMessage {
  const { missingShare, unseenShare, bins } = feature;
  const shape = tests.find(({ measure }) => measure === 'shape');
  return create(FeatureDriftSchema, {
    ...{ name, kind, role, bins, cumulative },
    ...(importance === undefined ? {} : { importance }),
    baselineCount: BigInt(Math.round(baselineCount)),
    count: BigInt(count),
    missing: BigInt(missing),
    unseen: BigInt(unseen),
    expectedMissingShare: missingShare.expected,
    missingShare: missingShare.actual,
    missingPValue: missingShare.pValue,
    expectedUnseenShare: unseenShare.expected,
    unseenShare: unseenShare.actual,
    unseenPValue: unseenShare.pValue,
    ...(measured ? measuredFields(measured) : {}),
    ...(shape?.qValue === undefined ? {} : { qValue: shape.qValue }),
    ...(shape && measured ? { effect: Math.max(...tests.map(({ effect }) => effect)) } : {}),
    needed: BigInt(shape && Number.isFinite(shape.needed) ? shape.needed : 0),
    severity: worstOf(tests),
  });
}

function measuredFields({ psi, ks, pValue, chiSquare, ...distances }: NonNullable<FeatureDrift['measured']>) {
  const { jensenShannon, lInfinity, wasserstein } = distances;
  return {
    ...{ pValue, jensenShannon, lInfinity },
    chiSquare: chiSquare.statistic,
    chiSquareFreedom: chiSquare.degreesOfFreedom,
    chiSquarePValue: chiSquare.pValue,
    ...(psi === undefined ? {} : { psi }),
    ...(ks ? { ksLow: ks.low, ksHigh: ks.high, ksAt: ks.at } : {}),
    ...(wasserstein === undefined ? {} : { wasserstein }),
  };
}

function worstOf(judged: readonly { severity?: Severity }[]): Severity | '' {
  if (judged.some(({ severity }) => severity === 'critical')) return 'critical';
  return judged.some(({ severity }) => severity) ? 'warning' : '';
}

export function driftMapMessage({ selection, by, features, columns }: DriftMap): DriftMapMessage {
  const { model, version } = selection;
  return create(DriftMapSchema, {
    ...{ model, version, by, features },
    columns: columns.map(({ label, range, predictions, features: measured, judged }) => ({
      label,
      fromMs: BigInt(range.fromMs),
      toMs: BigInt(range.toMs),
      predictions: BigInt(predictions),
      cells: features.map((name) => {
        const found = measured.find((feature) => feature.name === name)?.measured;
        const tests = judged.filter((test) => test.name === name);
        return {
          ...(found?.psi === undefined ? {} : { psi: found.psi }),
          ...(found?.ks ? { ksLow: found.ks.low } : {}),
          ...(found && tests.length > 0 ? { effect: Math.max(...tests.map(({ effect }) => effect)) } : {}),
          severity: worstOf(tests),
          enough: tests.some(({ qValue }) => qValue !== undefined),
        };
      }),
    })),
  });
}

export function rejudgeMessage({ version, looks, inForce, proposed }: Rejudged): RejudgeDriftResponse {
  const pages = (found: readonly WouldBePage[]) => ({
    pages: found.map(({ fromMs, toMs = 0, severity, features, why }) => {
      return { fromMs: BigInt(fromMs), toMs: BigInt(toMs), severity, features, why };
    }),
  });
  return create(RejudgeDriftResponseSchema, { version, looks, inForce: pages(inForce), proposed: pages(proposed) });
}

export function alertMessage({ model, version, sinceMs, verdict }: Alert): AlertMessage {
  const { state, why, severity, features, stale = '' } = verdict;
  return create(AlertSchema, {
    model,
    version,
    sinceMs: BigInt(sinceMs),
    state: AlertState[state],
    why,
    severity,
    features,
    stale,
  });
}

export const modelMessage = ({ model, versions }: ListedModel) =>
  create(CountedModelSchema, {
    model,
    versions: versions.map(({ state, predictions, oldestPaneMs, newestPaneMs, ...version }) => ({
      ...version,
      state: state === null ? AlertState.UNSPECIFIED : AlertState[state],
      predictions: BigInt(predictions),
      ...(oldestPaneMs === null ? {} : { oldestPaneMs: BigInt(oldestPaneMs) }),
      ...(newestPaneMs === null ? {} : { newestPaneMs: BigInt(newestPaneMs) }),
    })),
  });

export const pageMessage = ({ sinceMs, endedMs, told, ...page }: Page & { told: Record<string, Told> }) =>
  create(OnCallPageSchema, {
    ...page,
    sinceMs: BigInt(sinceMs),
    ...(endedMs === undefined ? {} : { endedMs: BigInt(endedMs) }),
    told: Object.fromEntries(Object.entries(told).map(([receiver, { edge }]) => [receiver, edge])),
  });
