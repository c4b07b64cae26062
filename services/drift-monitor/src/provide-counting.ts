import type { Provider } from '@nestjs/common';
import type { Logger } from '@vinaigrette/edge';
import { Database } from './adapters/postgres/database.js';
import { PostgresHits } from './adapters/postgres/postgres-hits.js';
import { PostgresLedger } from './adapters/postgres/postgres-ledger.js';
import { PostgresModelVersions } from './adapters/postgres/postgres-model-versions.js';
import { PostgresPanes } from './adapters/postgres/postgres-panes.js';
import { PostgresWantedState } from './adapters/postgres/postgres-wanted-state.js';
import type { Config } from './config.js';
import { CountEvents } from './count-events.js';
import { CountParked } from './count-parked.js';
import { DriftPolicies } from './drift-policies.js';
import { FollowRegistry } from './follow-registry.js';
import { ForgetOldRecords } from './forget-old-records.js';
import { Hits } from './hits.js';
import { KnownVersions } from './known-versions.js';
import { LearnVersions } from './learn-versions.js';
import { Ledger } from './ledger.js';
import { Looks } from './looks.js';
import { MonitorMetrics } from './metrics.js';
import { ModelVersions } from './model-versions.js';
import { Panes } from './panes.js';
import { provider } from './provider.js';
import { KeptWantedState, WantedNow } from './wanted-now.js';
import { WantedStates } from './wanted-states.js';

/** What is known of versions, and what is counted of their predictions. */
export function provideCounting(config: Config, logger: Logger, now: () => number): Provider[] {
  const limits = {
    parkedRecordsMax: config.PARKED_RECORDS_MAX,
    segmentsPerDimensionMax: config.SEGMENTS_PER_DIMENSION_MAX,
  };
  const keep = { outcomeWaitMs: config.OUTCOME_WAIT_MS, paneRetentionMs: config.PANE_RETENTION_MS };
  return [
    provider(KnownVersions, [], () => new KnownVersions()),
    provider(MonitorMetrics, [KnownVersions], (known) => new MonitorMetrics(known)),
    provider(Ledger, [Database, KnownVersions], (database, known) => new PostgresLedger(database, known, limits)),
    provider(Hits, [Database], (database) => new PostgresHits(database)),
    provider(Panes, [Database], (database) => new PostgresPanes(database)),
    provider(ModelVersions, [Database], (database) => new PostgresModelVersions(database)),
    provider(KeptWantedState, [Database], (database) => new PostgresWantedState(database)),
    provider(WantedNow, [KeptWantedState], (kept) => new WantedNow(kept, logger)),
    provider(
      LearnVersions,
      [WantedStates, ModelVersions, KnownVersions, DriftPolicies],
      (...parts) => new LearnVersions(...parts, logger),
    ),
    provider(
      FollowRegistry,
      [WantedStates, WantedNow, LearnVersions, MonitorMetrics],
      (states, wanted, versions, metrics) => new FollowRegistry(states, [wanted, versions], metrics, logger),
    ),
    provider(CountEvents, [Ledger, KnownVersions, MonitorMetrics], (...parts) => new CountEvents(...parts, now)),
    provider(
      CountParked,
      [Ledger, KnownVersions, LearnVersions, CountEvents, MonitorMetrics],
      (...parts) => new CountParked(...parts, now),
    ),
    provider(ForgetOldRecords, [Hits, Ledger, Panes, Looks], (...parts) => new ForgetOldRecords(...parts, keep)),
  ];
}
