import type { Provider } from '@nestjs/common';
import type { Logger } from '@vinaigrette/edge';
import { Database } from './adapters/postgres/database.js';
import { PostgresAlerts } from './adapters/postgres/postgres-alerts.js';
import { PostgresDriftPolicies } from './adapters/postgres/postgres-drift-policies.js';
import { PostgresLooks } from './adapters/postgres/postgres-looks.js';
import { Alerts } from './alerts.js';
import { DriftPolicies } from './drift-policies.js';
import { EvaluateDrift } from './evaluate-drift.js';
import { Hits } from './hits.js';
import { KnownVersions } from './known-versions.js';
import { ListModels } from './list-models.js';
import { Looks } from './looks.js';
import { MonitorMetrics } from './metrics.js';
import { ModelVersions } from './model-versions.js';
import { PageOnCall } from './page-on-call.js';
import { Panes } from './panes.js';
import { provider } from './provider.js';
import { ReadDriftMap } from './read-drift-map.js';
import { ReadDrift } from './read-drift.js';
import { ReadPerformance } from './read-performance.js';
import { RejudgeDrift } from './rejudge-drift.js';
import { WantedNow } from './wanted-now.js';

/** What is found in the counters, and what is told of it. `receivers`: the names of those who are paged. */
export function provideJudging(logger: Logger, receivers: readonly string[]): Provider[] {
  return [
    provider(Looks, [Database], (database) => new PostgresLooks(database)),
    provider(Alerts, [Database], (database) => new PostgresAlerts(database, receivers)),
    provider(DriftPolicies, [Database], (database) => new DriftPolicies(new PostgresDriftPolicies(database), logger)),
    provider(
      EvaluateDrift,
      [Alerts, Panes, ModelVersions, KnownVersions, DriftPolicies, MonitorMetrics],
      (...parts) => new EvaluateDrift(...parts, logger, [new PageOnCall()]),
    ),
    provider(ReadDrift, [Panes, KnownVersions, DriftPolicies, Alerts], (...parts) => new ReadDrift(...parts)),
    provider(ReadDriftMap, [Panes, KnownVersions, DriftPolicies, ReadDrift], (...parts) => new ReadDriftMap(...parts)),
    provider(RejudgeDrift, [Panes, KnownVersions, DriftPolicies, ReadDrift], (...parts) => new RejudgeDrift(...parts)),
    provider(ReadPerformance, [Hits, ReadDrift], (...parts) => new ReadPerformance(...parts)),
    provider(
      ListModels,
      [Panes, ModelVersions, KnownVersions, Alerts, WantedNow],
      (...parts) => new ListModels(...parts),
    ),
  ];
}
