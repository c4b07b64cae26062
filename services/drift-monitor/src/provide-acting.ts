import type { Provider } from '@nestjs/common';
import { tlsOf, type Logger } from '@vinaigrette/edge';
import { grpcTransport } from '@vinaigrette/edge/connect';
import { Database } from './adapters/postgres/database.js';
import { PostgresActions } from './adapters/postgres/postgres-actions.js';
import { ConnectRegistryActions } from './adapters/registry/connect-registry-actions.js';
import { ConnectRuleSets } from './adapters/registry/connect-rule-sets.js';
import { ConnectWantedStates } from './adapters/registry/connect-wanted-states.js';
import { ActOnPerformance } from './act-on-performance.js';
import { Actions, RegistryActions } from './actions.js';
import { CarryOutActions } from './carry-out-actions.js';
import type { Config } from './config.js';
import { HideRule } from './hide-rule.js';
import { MeasurePerformance } from './measure-performance.js';
import { MonitorMetrics } from './metrics.js';
import { provider } from './provider.js';
import { ReadRuleDecay } from './read-rule-decay.js';
import { RuleSets } from './rule-sets.js';
import { WantedNow } from './wanted-now.js';
import { WantedStates } from './wanted-states.js';

/** A registry that says nothing for so long is asked whether it is there. */
const PING_INTERVAL_MS = 10_000;

/** The registry: what it wants, and what is done to it. `receivers`: the names of those who are paged. */
export function provideActing(config: Config, logger: Logger, receivers: readonly string[]): Provider[] {
  const options = { key: config.REGISTRY_KEY, tls: tlsOf(config).client, pingIntervalMs: PING_INTERVAL_MS };
  const registry = grpcTransport(config.REGISTRY_ADDRESS, options);
  return [
    provider(WantedStates, [], () => new ConnectWantedStates(registry)),
    provider(RegistryActions, [], () => new ConnectRegistryActions(registry)),
    provider(RuleSets, [], () => new ConnectRuleSets(registry)),
    provider(Actions, [Database], (database) => new PostgresActions(database, receivers)),
    provider(
      ActOnPerformance,
      [Actions, MeasurePerformance, WantedNow, MonitorMetrics],
      (...parts) => new ActOnPerformance(...parts, config.ACTIONS === 'dry-run'),
    ),
    provider(CarryOutActions, [Actions, RegistryActions], (...parts) => new CarryOutActions(...parts, logger)),
    provider(HideRule, [ReadRuleDecay, WantedNow, RuleSets], (...parts) => new HideRule(...parts)),
  ];
}
