import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Logger } from '@vinaigrette/edge';
import { openObjectStore } from '@vinaigrette/object-store';
import { openDatabase } from '@vinaigrette/postgres';
import { DataSource } from 'typeorm';
import { CatalogueController } from './adapters/http/catalogue.controller.js';
import { HealthController } from './adapters/http/health.controller.js';
import { StoredArtifacts } from './adapters/object-store/stored-artifacts.js';
import { ProcessInspector } from './adapters/onnx/process-inspector.js';
import { Database } from './adapters/postgres/database.js';
import { dataSourceOptions } from './adapters/postgres/data-source.js';
import { PostgresAccessKeys } from './adapters/postgres/postgres-access-keys.js';
import { PostgresAliases } from './adapters/postgres/postgres-aliases.js';
import { PostgresArtifactChecks } from './adapters/postgres/postgres-artifact-checks.js';
import { PostgresArtifactUses } from './adapters/postgres/postgres-artifact-uses.js';
import { PostgresBackups } from './adapters/postgres/postgres-backups.js';
import { PostgresDocuments } from './adapters/postgres/postgres-documents.js';
import { PostgresLineages } from './adapters/postgres/postgres-lineages.js';
import { PostgresModelVersions } from './adapters/postgres/postgres-model-versions.js';
import { PostgresPromotionEvidence } from './adapters/postgres/postgres-promotion-evidence.js';
import { PostgresRollouts } from './adapters/postgres/postgres-rollouts.js';
import { PostgresWebhooks } from './adapters/postgres/postgres-webhooks.js';
import { PostgresWantedStates } from './adapters/postgres/postgres-wanted-states.js';
import { postMessage } from './adapters/webhooks/post-message.js';
import { ReachableAddresses } from './adapters/webhooks/reachable-addresses.js';
import { AccessKeys } from './access-keys.js';
import { Aliases } from './aliases.js';
import { ArtifactChecks } from './artifact-checks.js';
import { ArtifactUses } from './artifact-uses.js';
import { Artifacts } from './artifacts.js';
import { BackUp } from './back-up.js';
import { Backups } from './backups.js';
import { CollectGarbage } from './collect-garbage.js';
import type { Config } from './config.js';
import { DeliverWebhooks, type Post } from './deliver-webhooks.js';
import { Documents } from './documents.js';
import { Inspector } from './inspector.js';
import { JudgePromotion } from './judge-promotion.js';
import { KeepEvidence } from './keep-evidence.js';
import { KeepKeys } from './keep-keys.js';
import { KeepWebhooks } from './keep-webhooks.js';
import { Lineages } from './lineages.js';
import { Metrics } from './metrics.js';
import { ModelVersions } from './model-versions.js';
import { MoveRollout } from './move-rollout.js';
import { PromotionEvidence } from './promotion-evidence.js';
import { CheckFit } from './check-fit.js';
import { PutDocument } from './put-document.js';
import { ReadCatalogue } from './read-catalogue.js';
import { RegisterVersion } from './register-version.js';
import { Rollouts } from './rollouts.js';
import { SetAlias } from './set-alias.js';
import { StartRollout } from './start-rollout.js';
import { WantedStates } from './wanted-states.js';
import { TraceVersions } from './trace-versions.js';
import { VerifyArtifacts } from './verify-artifacts.js';
import { WatchWantedState } from './watch-wanted-state.js';
import { Webhooks } from './webhooks.js';

/** Where every port meets its adapter. */
@Module({})
export class RegistryModule {
  static with(config: Config, logger: Logger): DynamicModule {
    const options = dataSourceOptions(config.DATABASE_URL, logger);
    const limits = { timeoutMs: config.INSPECTION_TIMEOUT_MS, memoryBytesMax: config.INSPECTION_MEMORY_BYTES_MAX };
    return {
      module: RegistryModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ ...options, retryAttempts: 0 }),
          dataSourceFactory: () => openDatabase(options, logger),
        }),
      ],
      controllers: [HealthController, CatalogueController],
      providers: [
        { provide: Database, inject: [DataSource], useFactory: (source: DataSource) => new Database(source) },
        ...[
          { provide: ModelVersions, adapter: PostgresModelVersions },
          { provide: Lineages, adapter: PostgresLineages },
          { provide: Documents, adapter: PostgresDocuments },
          { provide: Aliases, adapter: PostgresAliases },
          { provide: Rollouts, adapter: PostgresRollouts },
          { provide: PromotionEvidence, adapter: PostgresPromotionEvidence },
          { provide: AccessKeys, adapter: PostgresAccessKeys },
          { provide: ArtifactUses, adapter: PostgresArtifactUses },
          { provide: Backups, adapter: PostgresBackups },
          { provide: ArtifactChecks, adapter: PostgresArtifactChecks },
          { provide: Webhooks, adapter: PostgresWebhooks },
          { provide: WantedStates, adapter: PostgresWantedStates },
        ].map(({ provide, adapter }) => ({
          provide,
          inject: [Database],
          useFactory: (database: Database) => new adapter(database),
        })),
        { provide: Artifacts, useFactory: () => openArtifacts(config, logger) },
        { provide: Inspector, useFactory: () => new ProcessInspector(limits, config.INSPECTIONS_MAX, logger) },
        {
          provide: RegisterVersion,
          inject: [Artifacts, Inspector, ModelVersions],
          useFactory: (artifacts: Artifacts, inspector: Inspector, versions: ModelVersions) =>
            new RegisterVersion(artifacts, inspector, versions),
        },
        {
          provide: PutDocument,
          inject: [Documents, ModelVersions],
          useFactory: (documents: Documents, versions: ModelVersions) =>
            new PutDocument(documents, new CheckFit(documents, versions)),
        },
        {
          provide: JudgePromotion,
          inject: [Documents, ModelVersions, PromotionEvidence],
          useFactory: (documents: Documents, versions: ModelVersions, evidence: PromotionEvidence) =>
            new JudgePromotion(documents, versions, evidence, Date.now),
        },
        {
          provide: KeepEvidence,
          inject: [ReadCatalogue, PromotionEvidence],
          useFactory: (catalogue: ReadCatalogue, evidence: PromotionEvidence) => new KeepEvidence(catalogue, evidence),
        },
        {
          provide: SetAlias,
          inject: [Aliases, JudgePromotion],
          useFactory: (aliases: Aliases, gates: JudgePromotion) => new SetAlias(aliases, gates),
        },
        {
          provide: StartRollout,
          inject: [Rollouts, JudgePromotion],
          useFactory: (rollouts: Rollouts, gates: JudgePromotion) => new StartRollout(rollouts, gates),
        },
        { provide: MoveRollout, inject: [Rollouts], useFactory: (rollouts: Rollouts) => new MoveRollout(rollouts) },
        {
          provide: ReadCatalogue,
          inject: [ModelVersions, Documents, Aliases, Rollouts, WatchWantedState],
          useFactory: (
            versions: ModelVersions,
            documents: Documents,
            aliases: Aliases,
            rollouts: Rollouts,
            watch: WatchWantedState,
          ) => new ReadCatalogue(versions, documents, aliases, rollouts, () => watch.latest),
        },
        {
          provide: TraceVersions,
          inject: [ReadCatalogue, Lineages],
          useFactory: (catalogue: ReadCatalogue, lineages: Lineages) => new TraceVersions(catalogue, lineages),
        },
        {
          provide: KeepKeys,
          inject: [AccessKeys],
          useFactory: (keys: AccessKeys) => new KeepKeys(keys, config.REGISTRY_ADMIN_KEY),
        },
        {
          provide: CollectGarbage,
          inject: [Artifacts, ArtifactUses],
          useFactory: (artifacts: Artifacts, uses: ArtifactUses) => new CollectGarbage(artifacts, uses, Date.now),
        },
        {
          provide: BackUp,
          inject: [Backups, ArtifactUses, Artifacts],
          useFactory: (backups: Backups, uses: ArtifactUses, artifacts: Artifacts) =>
            new BackUp(backups, uses, artifacts),
        },
        {
          provide: VerifyArtifacts,
          inject: [Artifacts, ArtifactChecks, Metrics],
          useFactory: (artifacts: Artifacts, checks: ArtifactChecks, metrics: Metrics) =>
            new VerifyArtifacts(artifacts, checks, config.ARTIFACT_CHECK_AGE_MS, Date.now, {
              fault: (why) => logger.error({ why }, 'an artefact is not what it was'),
              faulty: (count) => metrics.faultyArtifacts.set(count),
            }),
        },
        {
          provide: KeepWebhooks,
          inject: [Webhooks],
          useFactory: (webhooks: Webhooks) => new KeepWebhooks(webhooks, config.WEBHOOK_SEALING_KEYS),
        },
        {
          provide: DeliverWebhooks,
          inject: [Webhooks, Metrics],
          useFactory: (webhooks: Webhooks, metrics: Metrics) => deliverWebhooks(config, webhooks, metrics),
        },
        {
          provide: WatchWantedState,
          inject: [WantedStates],
          useFactory: (states: WantedStates) =>
            new WatchWantedState(states, (error) => logger.warn({ err: error }, 'the wanted state could not be read')),
        },
        {
          provide: Metrics,
          inject: [WatchWantedState],
          useFactory: (watch: WatchWantedState) => new Metrics(() => watch.revision),
        },
      ],
    };
  }
}

function deliverWebhooks(config: Config, webhooks: Webhooks, metrics: Metrics): DeliverWebhooks {
  const addresses = new ReachableAddresses(config.WEBHOOK_NETWORKS);
  const post: Post = (url, headers, body) => postMessage(addresses, url, headers, body);
  const policy = { firstWaitMs: config.WEBHOOK_RETRY_MS, attemptsMax: config.WEBHOOK_ATTEMPTS_MAX };
  return new DeliverWebhooks(webhooks, post, policy, config.WEBHOOK_SEALING_KEYS, Date.now, (result) =>
    metrics.webhookPosts.inc({ result }),
  );
}

async function openArtifacts(config: Config, logger: Logger): Promise<Artifacts> {
  const store = openObjectStore(config.ARTIFACT_DIR, config.S3_ENDPOINT);
  const removed = await store.open();
  if (removed > 0) logger.info({ removed }, 'removed what was left half uploaded');
  return new StoredArtifacts(store, config.ARTIFACT_BYTES_MAX);
}
