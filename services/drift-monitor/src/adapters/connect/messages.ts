import { create } from '@bufbuild/protobuf';
import {
  AlertSchema,
  AlertState,
  DriftSchema,
  FeatureDriftSchema,
  type Alert as AlertMessage,
  type Drift as DriftMessage,
  type FeatureDrift as FeatureDriftMessage,
} from '@vinaigrette/contracts/monitor';
import type { FeatureDrift } from '@vinaigrette/drift';
import type { Alert } from '../../alerts.js';
import type { Drift } from '../../read-drift.js';

/** The contract's messages of what the use cases answer; HTTP sends the same as JSON. */
export function driftMessage({ selection, range, statuses, predictions, features, verdict }: Drift): DriftMessage {
  return create(DriftSchema, {
    ...selection,
    fromMs: BigInt(range.fromMs),
    toMs: BigInt(range.toMs),
    predictions: BigInt(predictions),
    fallbacks: BigInt(statuses.fallback),
    errors: BigInt(statuses.error + statuses.timeout),
    state: AlertState[verdict.state],
    why: verdict.why,
    features: features.map(featureMessage),
  });
}

function featureMessage({
  measured,
  baselineCount,
  count,
  missing,
  unseen,
  name,
  kind,
  bins,
}: FeatureDrift): FeatureDriftMessage {
  return create(FeatureDriftSchema, {
    name,
    kind,
    baselineCount: BigInt(baselineCount),
    count: BigInt(count),
    missing: BigInt(missing),
    unseen: BigInt(unseen),
    ...(measured ? { psi: measured.psi, pValue: measured.pValue } : {}),
    ...(measured?.ks ? { ksLow: measured.ks.low, ksHigh: measured.ks.high, ksAt: measured.ks.at } : {}),
    bins,
  });
}

export function alertMessage({ model, version, sinceMs, verdict }: Alert): AlertMessage {
  const { state, why, severity, features } = verdict;
  return create(AlertSchema, {
    model,
    version,
    sinceMs: BigInt(sinceMs),
    state: AlertState[state],
    why,
    severity,
    features,
  });
}
