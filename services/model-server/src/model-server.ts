import cluster from 'node:cluster';
import { mkdir, stat } from 'node:fs/promises';
import { createClient } from '@connectrpc/connect';
import { GRPC_MESSAGE_BYTES_MAX } from '@vinaigrette/contracts/grpc';
import { RegistryService } from '@vinaigrette/contracts/registry';
import { explainTakenPort, tlsOf, type Logger } from '@vinaigrette/edge';
import { grpcTransport } from '@vinaigrette/edge/connect';
import { startTracing } from '@vinaigrette/tracing';
import { ClusterGroup } from './adapters/cluster/cluster-group.js';
import { FolderModels } from './adapters/folder/folder-models.js';
import { GrpcServer } from './adapters/grpc/grpc-server.js';
import { InferFront } from './adapters/http/infer-front.js';
import { addInferenceRoutes } from './adapters/http/inference-routes.js';
import { createOperations } from './adapters/http/operations.js';
import { OnnxExecutors } from './adapters/onnx/onnx-executors.js';
import { OtlpTraces } from './adapters/opentelemetry/otlp-traces.js';
import { PrometheusObservations } from './adapters/prometheus/prometheus-observations.js';
import { DescribeModels } from './adapters/protocol/describe-models.js';
import { ModelCache } from './adapters/registry/model-cache.js';
import { RegistryModels } from './adapters/registry/registry-models.js';
import { AnswerInference } from './answer-inference.js';
import { REGISTRY_ADDRESS_DEFAULT, type Config } from './config.js';
import { ControlModels } from './control-models.js';
import type { ModelSource } from './model-source.js';
import { ModelStatistics } from './model-statistics.js';
import { observedByAll, type Observations } from './observations.js';
import { ServeWanted } from './serve-wanted.js';

/** How often the registry is asked for a sign of life while it has nothing to say, and how long it may take. */
const PING_INTERVAL_MS = 10_000;
const PING_TIMEOUT_MS = 5_000;

/** Every port meets its adapter here. Listens at once, serves each model as it becomes ready; answers with the stop. */
export async function startModelServer(config: Config, version: string, logger: Logger): Promise<() => Promise<void>> {
  const metrics = new PrometheusObservations();
  const statistics = new ModelStatistics();
  const observations = observedByAll([metrics, statistics]);
  const source = await modelSource(config, observations, logger);
  const executors = new OnnxExecutors({
    timeoutMs: config.LOAD_TIMEOUT_MS,
    fileBytesMax: config.MODEL_FILE_MB_MAX * 1024 * 1024,
  });
  const defaults = {
    isolation: config.MODEL_ISOLATION,
    batchRowsMax: config.BATCH_ROWS_MAX,
    queueRequestsMax: config.QUEUE_REQUESTS_MAX,
    queueWaitMsMax: config.QUEUE_WAIT_MS_MAX,
    queueStandingMsMax: config.QUEUE_STANDING_MS_MAX,
    runTimeoutMs: config.RUN_TIMEOUT_MS,
    memoryMbMax: config.EXECUTOR_MEMORY_MB_MAX,
  };
  const warm = { keepMs: config.KEEP_WARM_MS, versionsMax: config.KEEP_WARM_VERSIONS };
  const models = new ServeWanted(source, executors, defaults, warm, observations, logger);
  const control = new ControlModels(models, config.MODEL_CONTROL === 'explicit');
  const tracing = await startTracing({ name: 'model-server', version }, (complaint) => logger.warn(complaint));
  const inferences = new AnswerInference(models, observations, tracing && new OtlpTraces(tracing));
  const group = cluster.isWorker ? new ClusterGroup(metrics.registry, statistics) : undefined;
  const didHere = () => Promise.resolve(statistics.all());
  const described = new DescribeModels(models, group ? () => group.statistics() : didHere, control, version);
  const grpc = new GrpcServer(inferences, described, control, logger, tlsOf(config).server);
  let draining = false;
  const ready = () => models.ready && !draining && (group?.othersReady ?? true);
  const shown = group ?? metrics.registry;
  const is = { ready, draining: () => draining };
  const front = new InferFront(models, inferences, GRPC_MESSAGE_BYTES_MAX, is.draining, logger);
  const http = createOperations(models, shown, is, front, logger, tlsOf(config).http);
  addInferenceRoutes(http, models, described, control, GRPC_MESSAGE_BYTES_MAX, logger);
  models.onChange = (statuses) => {
    if (draining) return;
    grpc.tell(models.ready, statuses);
    group?.tellReady(models.ready);
  };

  const ports = {
    http: await listenHttp(http, config),
    grpc: await grpc.listen(config.BIND_HOST, config.MODEL_SERVER_GRPC_PORT).catch((error: unknown) => {
      throw explainTakenPort(error, 'model-server', 'MODEL_SERVER_GRPC_PORT', config.MODEL_SERVER_GRPC_PORT);
    }),
  };
  const following = new AbortController();
  const followed = source.follow((wanted) => control.apply(wanted), following.signal);
  if (group) group.tellListening(ports);
  else logger.info(ports, 'listening');

  return async () => {
    draining = true;
    following.abort();
    await grpc.drain(config.DRAIN_TIMEOUT_MS);
    await models.stop();
    await http.close();
    await followed;
    await tracing?.stop();
  };
}

async function modelSource(config: Config, observations: Observations, logger: Logger): Promise<ModelSource> {
  if (config.MODEL_REPOSITORY !== undefined) {
    const folder = await stat(config.MODEL_REPOSITORY).catch(() => undefined);
    if (!folder?.isDirectory()) {
      throw new Error(
        `MODEL_REPOSITORY is ${config.MODEL_REPOSITORY}, which is no folder. Create it, or correct the variable.`,
      );
    }
    return new FolderModels(config.MODEL_REPOSITORY, config.MODEL_REPOSITORY_POLL_MS, logger);
  }
  await mkdir(config.MODEL_SERVER_CACHE_DIR, { recursive: true });
  const transport = grpcTransport(config.REGISTRY_ADDRESS ?? REGISTRY_ADDRESS_DEFAULT, {
    key: config.REGISTRY_KEY,
    tls: tlsOf(config).client,
    pingIntervalMs: PING_INTERVAL_MS,
    pingTimeoutMs: PING_TIMEOUT_MS,
  });
  const cache = new ModelCache(config.MODEL_SERVER_CACHE_DIR, logger);
  return new RegistryModels(createClient(RegistryService, transport), cache, observations, logger);
}

async function listenHttp(http: ReturnType<typeof createOperations>, config: Config): Promise<number> {
  try {
    await http.listen({ host: config.BIND_HOST, port: config.MODEL_SERVER_HTTP_PORT });
  } catch (error) {
    throw explainTakenPort(error, 'model-server', 'MODEL_SERVER_HTTP_PORT', config.MODEL_SERVER_HTTP_PORT);
  }
  const address = http.server.address();
  return typeof address === 'object' && address ? address.port : config.MODEL_SERVER_HTTP_PORT;
}
