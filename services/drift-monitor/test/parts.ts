import { createLogger } from '@vinaigrette/edge';
import type { DataSource } from 'typeorm';
import { Database } from '../src/adapters/postgres/database.js';
import { PostgresAlerts } from '../src/adapters/postgres/postgres-alerts.js';
import { PostgresDriftPolicies } from '../src/adapters/postgres/postgres-drift-policies.js';
import { PostgresHits } from '../src/adapters/postgres/postgres-hits.js';
import { PostgresLedger } from '../src/adapters/postgres/postgres-ledger.js';
import { PostgresModelVersions } from '../src/adapters/postgres/postgres-model-versions.js';
import { PostgresPanes } from '../src/adapters/postgres/postgres-panes.js';
import { CountEvents } from '../src/count-events.js';
import { knownVersion } from '../src/domain/known-version.js';
import { DriftPolicies } from '../src/drift-policies.js';
import { EvaluateDrift } from '../src/evaluate-drift.js';
import type { JudgementFollower } from '../src/judgements.js';
import { KnownVersions } from '../src/known-versions.js';
import { MonitorMetrics } from '../src/metrics.js';
import { ReadDrift } from '../src/read-drift.js';
import { baseline, signature } from './shop.js';

/** Signature and baseline of every version of the shop's model. */
export const source = { signatureJson: JSON.stringify(signature), baselineJson: JSON.stringify(baseline) };

export interface PartsOptions {
  /** The versions it knows. */
  versions?: number[];
  parkedMax?: number;
  segmentsMax?: number;
  now: () => number;
  /** Told of judgements. */
  followers?: JudgementFollower[];
  /** Names of those who are told of pages. */
  receivers?: string[];
}

/** A monitor's use cases on a real database, without its process and its ports. */
export function monitorParts(pool: DataSource, options: PartsOptions) {
  const { versions = [1], parkedMax = 1_000, segmentsMax = 20, now, followers = [], receivers = [] } = options;
  const known = new KnownVersions();
  for (const version of versions) known.add(knownVersion({ model: 'basket', version, ...source }));
  const database = new Database(pool);
  const metrics = new MonitorMetrics(known);
  const policies = new DriftPolicies(new PostgresDriftPolicies(database), createLogger('test', 'silent'));
  const limits = { parkedRecordsMax: parkedMax, segmentsPerDimensionMax: segmentsMax };
  const ledger = new PostgresLedger(database, known, limits);
  const [panes, alerts, modelVersions] = [
    new PostgresPanes(database),
    new PostgresAlerts(database, receivers),
    new PostgresModelVersions(database),
  ];
  return {
    events: new CountEvents(ledger, known, metrics, now),
    drift: new ReadDrift(panes, known, policies, alerts),
    evaluate: new EvaluateDrift(
      alerts,
      panes,
      modelVersions,
      known,
      policies,
      metrics,
      createLogger('test', 'silent'),
      followers,
    ),
    hits: new PostgresHits(database),
    versions: modelVersions,
    ledger,
    panes,
    policies,
    alerts,
    known,
    metrics,
  };
}
