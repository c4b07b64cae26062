import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { tlsOf, type Logger } from '@vinaigrette/edge';
import { grpcTransport } from '@vinaigrette/edge/connect';
import { openObjectStore } from '@vinaigrette/object-store';
import { openDatabase } from '@vinaigrette/postgres';
import { DataSource } from 'typeorm';
import { ArchiveFiles } from './adapters/archive/archive-files.js';
import { ParquetArchive } from './adapters/archive/parquet-archive.js';
import { ArchiveController } from './adapters/http/archive.controller.js';
import { DriftController } from './adapters/http/drift.controller.js';
import { HealthController } from './adapters/http/health.controller.js';
import { MeasuresController } from './adapters/http/measures.controller.js';
import { PagingController } from './adapters/http/paging.controller.js';
import { receiversOf } from './adapters/paging/receivers-of.js';
import { Database } from './adapters/postgres/database.js';
import { dataSourceOptions } from './adapters/postgres/data-source.js';
import { PostgresActions } from './adapters/postgres/postgres-actions.js';
import { PostgresAlerts } from './adapters/postgres/postgres-alerts.js';
import { PostgresDriftPolicies } from './adapters/postgres/postgres-drift-policies.js';
import { PostgresHits } from './adapters/postgres/postgres-hits.js';
import { PostgresLedger } from './adapters/postgres/postgres-ledger.js';
import { PostgresLooks } from './adapters/postgres/postgres-looks.js';
import { PostgresModelVersions } from './adapters/postgres/postgres-model-versions.js';
import { PostgresPages } from './adapters/postgres/postgres-pages.js';
import { PostgresPanes } from './adapters/postgres/postgres-panes.js';
import { PostgresSilences } from './adapters/postgres/postgres-silences.js';
import { PostgresWantedState } from './adapters/postgres/postgres-wanted-state.js';
import { ConnectRegistryActions } from './adapters/registry/connect-registry-actions.js';
import { ConnectRuleSets } from './adapters/registry/connect-rule-sets.js';
import { ConnectWantedStates } from './adapters/registry/connect-wanted-states.js';
import { ActOnPerformance } from './act-on-performance.js';
import { Actions, RegistryActions } from './actions.js';
import { Alerts } from './alerts.js';
import { CarryOutActions } from './carry-out-actions.js';
import { Archive } from './archive.js';
import { ArchiveEvents } from './archive-events.js';
import { Clock } from './clock.js';
import type { Config } from './config.js';
import { CountEvents } from './count-events.js';
import { CountParked } from './count-parked.js';
import { DeliverPages } from './deliver-pages.js';
import { DriftPolicies } from './drift-policies.js';
import { EvaluateDrift } from './evaluate-drift.js';
import { FollowRegistry } from './follow-registry.js';
import { ForgetOldRecords } from './forget-old-records.js';
import { HideRule } from './hide-rule.js';
import { Hits } from './hits.js';
import { KeepArchive } from './keep-archive.js';
import { KnownVersions } from './known-versions.js';
import { Labels } from './labels.js';
import { LearnVersions } from './learn-versions.js';
import { Ledger } from './ledger.js';
import { ListModels } from './list-models.js';
import { Looks } from './looks.js';
import { MeasureKpis } from './measure-kpis.js';
import { MeasurePerformance } from './measure-performance.js';
import { MonitorMetrics } from './metrics.js';
import { ModelVersions } from './model-versions.js';
import { PageHeldRollouts } from './page-held-rollouts.js';
import { PageOnCall } from './page-on-call.js';
import { Pages } from './pages.js';
import { Panes } from './panes.js';
import { ReadDriftMap } from './read-drift-map.js';
import { ReadDrift } from './read-drift.js';
import { ReadMeasures } from './read-measures.js';
import { ReadPerformance } from './read-performance.js';
import { ReadRuleDecay } from './read-rule-decay.js';
import { RejudgeDrift } from './rejudge-drift.js';
import { RuleSets } from './rule-sets.js';
import { Silences } from './silences.js';
import { KeptWantedState, WantedNow } from './wanted-now.js';
import { WantedStates } from './wanted-states.js';

/** A registry that says nothing for so long is asked whether it is there. */
const PING_INTERVAL_MS = 10_000;

/** Where every port meets its adapter. */
@Module({})
export class DriftMonitorModule {
  static with(config: Config, logger: Logger, clock = new Clock()): DynamicModule {
    const options = dataSourceOptions(config.DATABASE_URL, logger);
    const now = () => clock.now();
    const registryOptions = { key: config.REGISTRY_KEY, tls: tlsOf(config).client, pingIntervalMs: PING_INTERVAL_MS };
    const registry = grpcTransport(config.REGISTRY_ADDRESS, registryOptions);
    const receivers = receiversOf(config);
    const receiverNames = receivers.map(({ name }) => name);
    return {
      module: DriftMonitorModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ ...options, retryAttempts: 0 }),
          dataSourceFactory: () => openDatabase(options, logger),
        }),
      ],
      controllers: [HealthController, DriftController, PagingController, ArchiveController, MeasuresController],
      providers: [
        { provide: Clock, useValue: clock },
        { provide: Database, inject: [DataSource], useFactory: (source: DataSource) => new Database(source) },
        {
          provide: Ledger,
          inject: [Database, KnownVersions],
          useFactory: (database: Database, known: KnownVersions) =>
            new PostgresLedger(database, known, {
              parkedRecordsMax: config.PARKED_RECORDS_MAX,
              segmentsPerDimensionMax: config.SEGMENTS_PER_DIMENSION_MAX,
            }),
        },
        ...[
          { provide: Hits, adapter: PostgresHits },
          { provide: Looks, adapter: PostgresLooks },
          { provide: ModelVersions, adapter: PostgresModelVersions },
          { provide: Panes, adapter: PostgresPanes },
          { provide: Silences, adapter: PostgresSilences },
          { provide: KeptWantedState, adapter: PostgresWantedState },
        ].map(({ provide, adapter }) => ({
          provide,
          inject: [Database],
          useFactory: (database: Database) => new adapter(database),
        })),
        ...[
          { provide: Actions, adapter: PostgresActions },
          { provide: Alerts, adapter: PostgresAlerts },
          { provide: Pages, adapter: PostgresPages },
        ].map(({ provide, adapter }) => ({
          provide,
          inject: [Database],
          useFactory: (database: Database) => new adapter(database, receiverNames),
        })),
        {
          provide: DeliverPages,
          inject: [Pages, Silences, MonitorMetrics],
          useFactory: (pages: Pages, silences: Silences, metrics: MonitorMetrics) =>
            new DeliverPages(pages, silences, receivers, metrics, logger),
        },
        {
          provide: DriftPolicies,
          inject: [Database],
          useFactory: (database: Database) => new DriftPolicies(new PostgresDriftPolicies(database), logger),
        },
        {
          provide: Archive,
          inject: [Database],
          useFactory: (database: Database) => new ParquetArchive(database, archiveFiles(config)),
        },
        {
          provide: ArchiveEvents,
          inject: [Archive, KnownVersions],
          useFactory: (archive: Archive, known: KnownVersions) =>
            new ArchiveEvents(archive, known, { recordsMax: 50_000, ageMsMax: config.ARCHIVE_FLUSH_MS }, now),
        },
        {
          provide: KeepArchive,
          inject: [Archive],
          useFactory: (archive: Archive) => new KeepArchive(archive, config.ARCHIVE_DAYS),
        },
        {
          provide: RegistryActions,
          useFactory: () => new ConnectRegistryActions(registry),
        },
        {
          provide: WantedNow,
          inject: [KeptWantedState],
          useFactory: (kept: KeptWantedState) => new WantedNow(kept, logger),
        },
        {
          provide: MeasurePerformance,
          inject: [Archive],
          useFactory: (archive: Archive) => new MeasurePerformance(archive, now),
        },
        {
          provide: MeasureKpis,
          inject: [Archive],
          useFactory: (archive: Archive) => new MeasureKpis(archive),
        },
        {
          provide: ActOnPerformance,
          inject: [Actions, MeasurePerformance, WantedNow, MonitorMetrics],
          useFactory: (actions: Actions, performance: MeasurePerformance, wanted: WantedNow, metrics: MonitorMetrics) =>
            new ActOnPerformance(actions, performance, wanted, metrics, config.ACTIONS === 'dry-run'),
        },
        {
          provide: ReadRuleDecay,
          inject: [Archive, WantedNow, WantedStates],
          useFactory: (archive: Archive, wanted: WantedNow, states: WantedStates) =>
            new ReadRuleDecay(archive, wanted, states),
        },
        {
          provide: CarryOutActions,
          inject: [Actions, RegistryActions],
          useFactory: (actions: Actions, registry: RegistryActions) => new CarryOutActions(actions, registry, logger),
        },
        {
          provide: WantedStates,
          useFactory: () => new ConnectWantedStates(registry),
        },
        { provide: RuleSets, useFactory: () => new ConnectRuleSets(registry) },
        {
          provide: HideRule,
          inject: [ReadRuleDecay, WantedNow, RuleSets],
          useFactory: (decay: ReadRuleDecay, wanted: WantedNow, sets: RuleSets) => new HideRule(decay, wanted, sets),
        },
        {
          provide: ReadMeasures,
          inject: [MeasurePerformance, MeasureKpis, ReadRuleDecay, WantedNow, ReadDrift],
          useFactory: (...parts: ConstructorParameters<typeof ReadMeasures>) => new ReadMeasures(...parts),
        },
        {
          provide: Labels,
          inject: [Archive, WantedNow, ReadDrift],
          useFactory: (archive: Archive, wanted: WantedNow, drift: ReadDrift) =>
            new Labels(archive, wanted, drift, now),
        },
        {
          provide: PageHeldRollouts,
          inject: [Actions, Pages, WantedNow],
          useFactory: (actions: Actions, pages: Pages, wanted: WantedNow) =>
            new PageHeldRollouts(actions, pages, wanted),
        },
        { provide: KnownVersions, useFactory: () => new KnownVersions() },
        {
          provide: MonitorMetrics,
          inject: [KnownVersions],
          useFactory: (known: KnownVersions) => new MonitorMetrics(known),
        },
        {
          provide: LearnVersions,
          inject: [WantedStates, ModelVersions, KnownVersions, DriftPolicies],
          useFactory: (states: WantedStates, versions: ModelVersions, known: KnownVersions, policies: DriftPolicies) =>
            new LearnVersions(states, versions, known, policies, logger),
        },
        {
          provide: FollowRegistry,
          inject: [WantedStates, WantedNow, LearnVersions, MonitorMetrics],
          useFactory: (states: WantedStates, wanted: WantedNow, versions: LearnVersions, metrics: MonitorMetrics) =>
            new FollowRegistry(states, [wanted, versions], metrics, logger),
        },
        {
          provide: CountEvents,
          inject: [Ledger, KnownVersions, MonitorMetrics],
          useFactory: (ledger: Ledger, known: KnownVersions, metrics: MonitorMetrics) =>
            new CountEvents(ledger, known, metrics, now),
        },
        {
          provide: CountParked,
          inject: [Ledger, KnownVersions, LearnVersions, CountEvents, MonitorMetrics],
          useFactory: (
            ledger: Ledger,
            known: KnownVersions,
            versions: LearnVersions,
            events: CountEvents,
            metrics: MonitorMetrics,
          ) => new CountParked(ledger, known, versions, events, metrics, now),
        },
        {
          provide: EvaluateDrift,
          inject: [Alerts, Panes, ModelVersions, KnownVersions, DriftPolicies, MonitorMetrics],
          useFactory: (
            alerts: Alerts,
            panes: Panes,
            versions: ModelVersions,
            known: KnownVersions,
            policies: DriftPolicies,
            metrics: MonitorMetrics,
          ) => new EvaluateDrift(alerts, panes, versions, known, policies, metrics, logger, [new PageOnCall()]),
        },
        {
          provide: ReadDrift,
          inject: [Panes, KnownVersions, DriftPolicies, Alerts],
          useFactory: (panes: Panes, known: KnownVersions, policies: DriftPolicies, alerts: Alerts) =>
            new ReadDrift(panes, known, policies, alerts),
        },
        {
          provide: ReadDriftMap,
          inject: [Panes, KnownVersions, DriftPolicies, ReadDrift],
          useFactory: (panes: Panes, known: KnownVersions, policies: DriftPolicies, drift: ReadDrift) =>
            new ReadDriftMap(panes, known, policies, drift),
        },
        {
          provide: RejudgeDrift,
          inject: [Panes, KnownVersions, DriftPolicies, ReadDrift],
          useFactory: (panes: Panes, known: KnownVersions, policies: DriftPolicies, drift: ReadDrift) =>
            new RejudgeDrift(panes, known, policies, drift),
        },
        {
          provide: ReadPerformance,
          inject: [Hits, ReadDrift],
          useFactory: (hits: Hits, drift: ReadDrift) => new ReadPerformance(hits, drift),
        },
        {
          provide: ForgetOldRecords,
          inject: [Hits, Ledger, Panes, Looks],
          useFactory: (hits: Hits, ledger: Ledger, panes: Panes, looks: Looks) =>
            new ForgetOldRecords(hits, ledger, panes, looks, {
              outcomeWaitMs: config.OUTCOME_WAIT_MS,
              paneRetentionMs: config.PANE_RETENTION_MS,
            }),
        },
        {
          provide: ListModels,
          inject: [Panes, ModelVersions, KnownVersions, Alerts, WantedNow],
          useFactory: (...parts: ConstructorParameters<typeof ListModels>) => new ListModels(...parts),
        },
      ],
    };
  }
}

/** The archive's folder; or a cache beside its store. */
function archiveFiles({ ARCHIVE_DIR, ARCHIVE_CACHE_DIR, S3_ENDPOINT }: Config): ArchiveFiles {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(ARCHIVE_DIR)) return new ArchiveFiles(ARCHIVE_DIR);
  return new ArchiveFiles(ARCHIVE_CACHE_DIR, openObjectStore(ARCHIVE_DIR, S3_ENDPOINT));
}
