import type { ConnectRouter } from '@connectrpc/connect';
import { RegistryService, type Subject, type UploadArtifactRequest } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import type { Artifacts } from '../../artifacts.js';
import type { BackUp } from '../../back-up.js';
import type { CollectGarbage, Collected } from '../../collect-garbage.js';
import type { MoveRollout } from '../../move-rollout.js';
import { checkActor, checkName, checkSha256 } from '../../domain/names.js';
import type { JudgePromotion } from '../../judge-promotion.js';
import type { KeepEvidence } from '../../keep-evidence.js';
import type { KeepKeys } from '../../keep-keys.js';
import type { KeepWebhooks } from '../../keep-webhooks.js';
import type { PutDocument } from '../../put-document.js';
import type { ReadCatalogue } from '../../read-catalogue.js';
import type { RegisterVersion } from '../../register-version.js';
import type { SetAlias } from '../../set-alias.js';
import type { StartRollout } from '../../start-rollout.js';
import type { TraceVersions } from '../../trace-versions.js';
import type { WatchWantedState } from '../../watch-wanted-state.js';

const CHUNK_BYTES_MAX = 1024 * 1024;

/** Everything a call can ask for. */
export interface UseCases {
  artifacts: Artifacts;
  registerVersion: RegisterVersion;
  putDocument: PutDocument;
  setAlias: SetAlias;
  startRollout: StartRollout;
  keepEvidence: KeepEvidence;
  judgePromotion: JudgePromotion;
  keepKeys: KeepKeys;
  keepWebhooks: KeepWebhooks;
  backUp: BackUp;
  collectGarbage: CollectGarbage;
  moveRollout: MoveRollout;
  readCatalogue: ReadCatalogue;
  traceVersions: TraceVersions;
  watchWantedState: WatchWantedState;
}

/** The service as every protocol serves it: gRPC on its port, Connect, JSON and gRPC-Web on the HTTP port. */
export function registryRoutes(useCases: UseCases): (router: ConnectRouter) => void {
  const { artifacts, registerVersion, putDocument, setAlias, readCatalogue, traceVersions, watchWantedState } =
    useCases;
  const { startRollout, moveRollout, keepEvidence, judgePromotion, keepKeys, keepWebhooks, collectGarbage, backUp } =
    useCases;
  return (router) =>
    router.service(RegistryService, {
      uploadArtifact: (requests) => artifacts.keep(chunksOf(requests)),

      async *downloadArtifact({ sha256 }) {
        checkSha256(sha256, 'sha256');
        for await (const chunk of artifacts.read(sha256)) yield { chunk };
      },

      registerVersion: (request) => registerVersion.register(request),

      getModelVersion: async ({ model, version }) => ({
        modelVersion: await readCatalogue.modelVersion(model, version),
      }),

      compareVersions: async ({ model, from, to }) => ({ comparison: await traceVersions.compare(model, from, to) }),

      getLineage: async ({ model, version }) => {
        const told = await traceVersions.lineage(model, version);
        return { version: told.version, lineageJson: JSON.stringify(told.lineage) };
      },

      findVersions: async (request) => ({ versions: await traceVersions.versionsFrom(request) }),

      listModels: async () => ({ models: await readCatalogue.models() }),

      putDocument: (request) => putDocument.put(request),

      getDocument: async ({ kind, name, version }) => ({ document: await readCatalogue.document(kind, name, version) }),

      listDocuments: async ({ kind }) => ({ documents: await readCatalogue.documentsOf(kind) }),

      setAlias: ({ subject, alias, version, expected, actor, reason, force }) =>
        setAlias.set({ subject: named(subject), alias, version, expected }, { actor, reason }, force),

      rollBackAlias: ({ subject, alias, expected, actor, reason }) =>
        setAlias.rollBack({ subject: named(subject), alias, expected }, { actor, reason }),

      listAliasChanges: async ({ subject }) => ({
        changes: await readCatalogue.aliasChanges(subject?.kind ?? '', subject?.name ?? ''),
      }),

      startRollout: async (request) => ({ rollout: await startRollout.start(request) }),

      changeRollout: async ({ id, move, actor, reason }) => ({
        rollout: await moveRollout.byHand(id, move, { actor, reason }),
      }),

      listRollouts: async ({ subject, active }) => ({ rollouts: await readCatalogue.rollouts(subject, active) }),

      reportVerdict: async (request) => ({ rollout: await moveRollout.byVerdict(request) }),

      reportRolloutCounts: async (request) => ({ rollout: await moveRollout.byCounts(request) }),

      putEvaluation: async ({ evaluation }) => ({ evaluation: await keepEvidence.evaluate(evaluation) }),

      listEvaluations: async ({ model, version }) => ({ evaluations: await keepEvidence.evaluations(model, version) }),

      approveVersion: async (request) => ({ approvals: await keepEvidence.approve(request) }),

      judgeVersion: async ({ model, version, actor }) => {
        checkName(model, 'model');
        checkActor(actor, 'actor');
        return { verdict: await judgePromotion.ask(model, version, actor) };
      },

      listPromotionVerdicts: async ({ model }) => ({ verdicts: await keepEvidence.verdicts(model) }),

      createKey: (request) => keepKeys.create(request),

      listKeys: async () => ({ keys: await keepKeys.list() }),

      revokeKey: async ({ id, actor }) => ({ key: await keepKeys.revoke(id, actor) }),

      listAudit: async ({ limit }) => ({ entries: await keepKeys.audit(limit) }),

      addWebhook: (request) => keepWebhooks.add(request),

      listWebhooks: async () => ({ webhooks: await keepWebhooks.list() }),

      removeWebhook: async ({ id, actor }) => ({ webhook: await keepWebhooks.remove(id, actor) }),

      listWebhookDeliveries: async ({ webhookId, limit }) => ({
        deliveries: await keepWebhooks.deliveries(webhookId, limit),
      }),

      replayWebhookDelivery: async ({ id, actor }) => ({ delivery: await keepWebhooks.replay(id, actor) }),

      collectGarbage: async (request) => toldGarbage(await collectGarbage.collect(request)),

      readBackup: () => backUp.read(),

      restoreBackup: async (requests) => ({ rows: BigInt(await backUp.restore(requests)) }),

      async *watch(_request, { signal }) {
        for await (const state of watchWantedState.watch(signal)) yield { state };
      },
    });
}

const GARBAGE_TOLD = 1_000;

function toldGarbage({ garbage, kept, versions }: Collected) {
  const largest = [...garbage].sort((one, other) => other.sizeBytes - one.sizeBytes).slice(0, GARBAGE_TOLD);
  return {
    garbage: largest.map(({ sha256, sizeBytes }) => ({ sha256, sizeBytes: BigInt(sizeBytes) })),
    garbageArtifacts: BigInt(garbage.length),
    garbageBytes: BigInt(garbage.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)),
    keptArtifacts: BigInt(kept),
    versions: versions.map(({ model, version }) => ({ model, version })),
  };
}

async function* chunksOf(requests: AsyncIterable<UploadArtifactRequest>): AsyncIterable<Uint8Array> {
  let [told, came] = [0, 0];
  for await (const { chunk, sizeBytes } of requests) {
    if (chunk.byteLength > CHUNK_BYTES_MAX) {
      throw new Problem('BODY_TOO_LARGE', `A chunk has at most ${CHUNK_BYTES_MAX} bytes, not ${chunk.byteLength}`, {
        field: 'chunk',
      });
    }
    told ||= Number(sizeBytes);
    came += chunk.byteLength;
    yield chunk;
  }
  if (told !== 0 && came !== told) {
    throw new Problem('ARTIFACT_CORRUPT', `${told} bytes were told, and ${came} came`, { field: 'size_bytes' });
  }
}

const named = (subject: Subject | undefined) => ({ kind: subject?.kind ?? '', name: subject?.name ?? '' });
