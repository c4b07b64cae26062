import type { Provider } from '@nestjs/common';
import type { Logger } from '@vinaigrette/edge';
import { Database } from './adapters/postgres/database.js';
import { PostgresPages } from './adapters/postgres/postgres-pages.js';
import { PostgresSilences } from './adapters/postgres/postgres-silences.js';
import { Actions } from './actions.js';
import { DeliverPages } from './deliver-pages.js';
import { MonitorMetrics } from './metrics.js';
import { PageHeldRollouts } from './page-held-rollouts.js';
import { Pages } from './pages.js';
import { provider } from './provider.js';
import type { Receiver } from './receivers.js';
import { Silences } from './silences.js';
import { WantedNow } from './wanted-now.js';

/** Who is told of what was found, and who does not want to be. */
export function providePaging(logger: Logger, receivers: readonly Receiver[]): Provider[] {
  const names = receivers.map(({ name }) => name);
  return [
    provider(Pages, [Database], (database) => new PostgresPages(database, names)),
    provider(Silences, [Database], (database) => new PostgresSilences(database)),
    provider(
      DeliverPages,
      [Pages, Silences, MonitorMetrics],
      (pages, silences, metrics) => new DeliverPages(pages, silences, receivers, metrics, logger),
    ),
    provider(PageHeldRollouts, [Actions, Pages, WantedNow], (...parts) => new PageHeldRollouts(...parts)),
  ];
}
