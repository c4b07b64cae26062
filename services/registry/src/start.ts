import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fastifyConnectPlugin } from '@connectrpc/connect-fastify';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { explainTakenPort, tlsOf, type Logger } from '@vinaigrette/edge';
import { GrpcServer, problemInterceptor } from '@vinaigrette/edge/connect';
import { NestLog, ProblemFilter } from '@vinaigrette/edge/nest';
import { checkKeys } from './adapters/connect/check-keys.js';
import { measureCalls } from './adapters/connect/measure-calls.js';
import { registryRoutes } from './adapters/connect/registry-routes.js';
import { checkHttpKeys } from './adapters/http/check-http-keys.js';
import type { ProcessInspector } from './adapters/onnx/process-inspector.js';
import { Database } from './adapters/postgres/database.js';
import { hearChanges } from './adapters/postgres/hear-changes.js';
import { Artifacts } from './artifacts.js';
import { BackUp } from './back-up.js';
import { CollectGarbage } from './collect-garbage.js';
import type { Config } from './config.js';
import { DeliverWebhooks } from './deliver-webhooks.js';
import { Inspector } from './inspector.js';
import { JudgePromotion } from './judge-promotion.js';
import { KeepEvidence } from './keep-evidence.js';
import { KeepKeys } from './keep-keys.js';
import { KeepWebhooks } from './keep-webhooks.js';
import { Metrics } from './metrics.js';
import { mlflow } from './mlflow.js';
import { ModelVersions } from './model-versions.js';
import { MoveRollout } from './move-rollout.js';
import { PutDocument } from './put-document.js';
import { ReadCatalogue } from './read-catalogue.js';
import { RegisterVersion } from './register-version.js';
import { RegistryModule } from './registry.module.js';
import { SetAlias } from './set-alias.js';
import { StartRollout } from './start-rollout.js';
import { TraceVersions } from './trace-versions.js';
import { VerifyArtifacts } from './verify-artifacts.js';
import { WatchWantedState } from './watch-wanted-state.js';

/** Largest message of a call. Documents and chunks have limits of their own, below it, with better words. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

const OUTBOX_POLL_MS = 500;
const TIDY_MS = 60 * 60 * 1_000;

/** Waits for the database, opens both ports, and answers with what stops it all again. */
export async function start(config: Config, logger: Logger): Promise<() => Promise<void>> {
  const tls = tlsOf(config);
  const app = await NestFactory.create<NestFastifyApplication>(
    RegistryModule.with(config, logger),
    new FastifyAdapter({ forceCloseConnections: 'idle', ...(tls.http && { https: tls.http }) }),
    { logger: new NestLog(logger), abortOnError: false },
  );
  app.useGlobalFilters(new ProblemFilter(logger));
  const watch = app.get(WatchWantedState);
  const inspector = app.get<ProcessInspector>(Inspector);
  const keys = app.get(KeepKeys);
  const calls = {
    routes: registryRoutes({
      artifacts: app.get(Artifacts),
      registerVersion: app.get(RegisterVersion),
      putDocument: app.get(PutDocument),
      setAlias: app.get(SetAlias),
      startRollout: app.get(StartRollout),
      keepEvidence: app.get(KeepEvidence),
      judgePromotion: app.get(JudgePromotion),
      keepKeys: keys,
      keepWebhooks: app.get(KeepWebhooks),
      backUp: app.get(BackUp),
      collectGarbage: app.get(CollectGarbage),
      moveRollout: app.get(MoveRollout),
      readCatalogue: app.get(ReadCatalogue),
      traceVersions: app.get(TraceVersions),
      watchWantedState: watch,
    }),
    interceptors: [measureCalls(app.get(Metrics)), problemInterceptor(logger), checkKeys(keys, logger)],
    readMaxBytes: MESSAGE_BYTES_MAX,
  };
  checkHttpKeys(app.getHttpAdapter().getInstance(), keys, logger);
  await app.register(fastifyConnectPlugin, calls);
  await app.register(
    mlflow(
      {
        database: app.get(Database),
        artifacts: app.get(Artifacts),
        versions: app.get(ModelVersions),
        registerVersion: app.get(RegisterVersion),
        setAlias: app.get(SetAlias),
      },
      logger,
    ),
  );
  const grpc = new GrpcServer(calls, tls.server);

  const listening = new AbortController();
  void hearChanges(config.DATABASE_URL, logger, listening.signal, () => void watch.refresh());
  const poll = setInterval(() => void watch.refresh(), config.WANTED_STATE_POLL_MS);
  const rollouts = app.get(MoveRollout);
  const webhooks = app.get(DeliverWebhooks);
  const artifacts = app.get(VerifyArtifacts);
  const works = [
    every(config.ROLLOUT_STEP_POLL_MS, () => rollouts.byTime(), logger, 'rollouts could not be stepped'),
    every(OUTBOX_POLL_MS, () => webhooks.due(), logger, 'webhooks could not be told'),
    every(config.ARTIFACT_CHECK_MS, () => artifacts.next(), logger, 'artefacts could not be verified'),
    every(TIDY_MS, () => webhooks.tidy(), logger, 'old deliveries could not be forgotten'),
  ];
  await watch.refresh();
  const sealed = await app.get(KeepWebhooks).sealAll();
  if (sealed > 0) logger.info({ sealed }, 'sealed the secrets of webhooks by the first key');

  const http: Server = app.getHttpServer();
  const httpPort = await listen(config, 'REGISTRY_HTTP_PORT', async (port, host) => {
    await app.listen(port, host);
    return (http.address() as AddressInfo).port;
  });
  const grpcPort = await listen(config, 'REGISTRY_GRPC_PORT', (port, host) => grpc.listen(port, host));
  logger.info({ http: httpPort, grpc: grpcPort }, 'listening');

  return async () => {
    watch.close();
    clearInterval(poll);
    const worked = works.map((stop) => stop());
    listening.abort();
    // Half of the time for calls to end by themselves; then they are cut, so that the rest can close in order.
    const deadline = setTimeout(() => {
      grpc.cut();
      inspector.close();
      http.closeAllConnections();
    }, config.DRAIN_TIMEOUT_MS / 2);
    await Promise.all([grpc.drain(), ...worked]);
    await app.close();
    clearTimeout(deadline);
  };
}

/** Does the work again and again, one round after the other. Answers with what ends it. */
function every(everyMs: number, work: () => Promise<void>, logger: Logger, failure: string): () => Promise<void> {
  const over = new AbortController();
  const rounds = async () => {
    while (!over.signal.aborted) {
      await sleep(everyMs, undefined, { signal: over.signal, ref: false }).catch(() => undefined);
      if (over.signal.aborted) return;
      await work().catch((error) => logger.warn({ err: error }, failure));
    }
  };
  const done = rounds();
  return () => {
    over.abort();
    return done;
  };
}

async function listen(
  config: Config,
  variable: 'REGISTRY_HTTP_PORT' | 'REGISTRY_GRPC_PORT',
  open: (port: number, host: string) => Promise<number>,
): Promise<number> {
  try {
    return await open(config[variable], config.BIND_HOST);
  } catch (error) {
    throw explainTakenPort(error, 'registry', variable, config[variable]);
  }
}
