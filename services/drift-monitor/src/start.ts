import { fastifyConnectPlugin } from '@connectrpc/connect-fastify';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { explainTakenPort, kafkaSecurityOf, tlsOf, type Logger } from '@vinaigrette/edge';
import { GrpcServer, problemInterceptor } from '@vinaigrette/edge/connect';
import { NestLog, ProblemFilter } from '@vinaigrette/edge/nest';
import { KafkaReader, SegmentReader, type EventLogReader } from '@vinaigrette/event-log';
import { askKey } from './adapters/connect/ask-key.js';
import { monitorRoutes } from './adapters/connect/monitor-routes.js';
import { askOperatorKey } from './adapters/http/ask-operator-key.js';
import { serveConsole, serveRunbooks } from './adapters/http/console-files.js';
import { ActOnPerformance } from './act-on-performance.js';
import { Actions } from './actions.js';
import { Alerts } from './alerts.js';
import { ArchiveEvents } from './archive-events.js';
import { CarryOutActions } from './carry-out-actions.js';
import { Clock } from './clock.js';
import type { Config } from './config.js';
import { CountEvents } from './count-events.js';
import { CountParked } from './count-parked.js';
import { DeliverPages } from './deliver-pages.js';
import { DriftMonitorModule } from './drift-monitor.module.js';
import { EvaluateDrift } from './evaluate-drift.js';
import { FollowRegistry } from './follow-registry.js';
import { ForgetOldRecords } from './forget-old-records.js';
import { HideRule } from './hide-rule.js';
import { KeepArchive } from './keep-archive.js';
import { Labels } from './labels.js';
import { LearnVersions } from './learn-versions.js';
import { ListModels } from './list-models.js';
import { Looks } from './looks.js';
import { MonitorMetrics } from './metrics.js';
import { ReadDriftMap } from './read-drift-map.js';
import { ReadDrift } from './read-drift.js';
import { ReadMeasures } from './read-measures.js';
import { ReadPerformance } from './read-performance.js';
import { RejudgeDrift } from './rejudge-drift.js';
import { PageHeldRollouts } from './page-held-rollouts.js';
import { Pages } from './pages.js';
import { Pulses } from './pulses.js';
import { repeat } from './repeat.js';
import { WantedNow } from './wanted-now.js';

/** Largest message of a call; every question is short. */
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
const PARKED_PAUSE_MS = 2_000;
/** Far below a pane: an evaluation starts soon after the pane's end. */
const EVALUATION_PAUSE_MS = 5_000;
const FORGET_PAUSE_MS = 60_000;
const DELIVERY_PAUSE_MS = 1_000;
const ARCHIVE_PAUSE_MS = 1_000;
const ARCHIVE_KEEPING_PAUSE_MS = 60 * 60_000;

/** Waits for the database, opens both ports, counts, and answers with what stops it all again. */
export async function start(config: Config, logger: Logger): Promise<() => Promise<void>> {
  const tls = tlsOf(config);
  const app = await NestFactory.create<NestFastifyApplication>(
    DriftMonitorModule.with(config, logger),
    new FastifyAdapter({ forceCloseConnections: true, ...(tls.http && { https: tls.http }) }),
    { logger: new NestLog(logger), abortOnError: false },
  );
  app.useGlobalFilters(new ProblemFilter(logger));
  if (config.MONITOR_OPERATOR_KEY) askOperatorKey(app.getHttpAdapter().getInstance(), config.MONITOR_OPERATOR_KEY);
  const clock = app.get(Clock);
  const calls = {
    routes: monitorRoutes({
      drift: app.get(ReadDrift),
      map: app.get(ReadDriftMap),
      rejudge: app.get(RejudgeDrift),
      alerts: app.get(Alerts),
      looks: app.get(Looks),
      measures: app.get(ReadMeasures),
      hideRule: app.get(HideRule),
      actions: app.get(Actions),
      labels: app.get(Labels),
      models: app.get(ListModels),
      performance: app.get(ReadPerformance),
      pages: app.get(Pages),
      now: () => clock.now(),
    }),
    interceptors: [
      problemInterceptor(logger),
      ...(config.MONITOR_OPERATOR_KEY ? [askKey(config.MONITOR_OPERATOR_KEY)] : []),
    ],
    readMaxBytes: MESSAGE_BYTES_MAX,
  };
  await app.register(fastifyConnectPlugin, calls);
  const page = await serveConsole(app);
  await serveRunbooks(app);
  if (!page) logger.info('the console is not built; only the API is served');
  const grpc = new GrpcServer(calls, tls.server);

  const [versions, registry] = [app.get(LearnVersions), app.get(FollowRegistry)];
  await versions.recall();
  await app.get(WantedNow).recall();
  registry.start();
  const [acting, actions] = [app.get(ActOnPerformance), app.get(CarryOutActions)];
  const [archive, keeping] = [app.get(ArchiveEvents), app.get(KeepArchive)];
  const [metrics, pulses] = [app.get(MonitorMetrics), app.get(Pulses)];
  const open = (name: string, purpose: string) => {
    const reader = readerOf(config, logger, purpose, pulses.watch(`reading for the ${name}`));
    metrics.followLag(name, reader);
    return reader;
  };
  // Read twice, each at its own place: an archive that is slow or full does not keep the counting waiting.
  const readers = [
    { reader: open('counters', ''), consumer: app.get(CountEvents) },
    { reader: open('archive', '-archive'), consumer: archive },
  ];
  const reading = readers.map(({ reader, consumer }) => reader.run(consumer));
  const [parked, evaluate, forget] = [app.get(CountParked), app.get(EvaluateDrift), app.get(ForgetOldRecords)];
  const [held, pages] = [app.get(PageHeldRollouts), app.get(DeliverPages)];
  const often = (what: string, pauseMs: number, work: () => Promise<unknown>) =>
    repeat(what, pauseMs, { logger, beat: pulses.watch(what, pauseMs) }, work);
  const stops = [
    often('counting parked records', PARKED_PAUSE_MS, () => parked.run()),
    often('judging drift', EVALUATION_PAUSE_MS, () => evaluate.run(clock.now())),
    often('archiving', ARCHIVE_PAUSE_MS, () => archive.flush()),
    often('keeping the archive', ARCHIVE_KEEPING_PAUSE_MS, () => keeping.run(clock.now())),
    often('judging performance', EVALUATION_PAUSE_MS, () => acting.run(clock.now())),
    often('paging held rollouts', EVALUATION_PAUSE_MS, () => held.run(clock.now())),
    often('acting', EVALUATION_PAUSE_MS, () => actions.run()),
    often('telling pages', DELIVERY_PAUSE_MS, () => pages.run(clock.now())),
    often('forgetting old records', FORGET_PAUSE_MS, () => forget.run(clock.now())),
  ];

  const http = await listen(config, 'MONITOR_HTTP_PORT', async (port, host) => {
    await app.listen(port, host);
    return (app.getHttpServer().address() as { port: number }).port;
  });
  const grpcPort = await listen(config, 'MONITOR_GRPC_PORT', (port, host) => grpc.listen(port, host));
  logger.info({ http, grpc: grpcPort }, 'listening');

  return async () => {
    await Promise.all(readers.map(({ reader }) => reader.close()));
    await Promise.all(reading);
    versions.stop();
    await Promise.all([registry.stop(), ...stops.map((stop) => stop())]);
    // What is not written now is read again by the next process.
    await archive.flush(true).catch((error: unknown) => logger.warn({ err: error }, 'the archive was not written'));
    // Half of the time for calls to end by themselves.
    const deadline = setTimeout(() => grpc.cut(), config.DRAIN_TIMEOUT_MS / 2);
    await grpc.drain();
    clearTimeout(deadline);
    await app.close();
  };
}

/** `purpose` tells the readers of one monitor apart: in Kafka they are groups of their own. */
function readerOf(config: Config, logger: Logger, purpose: string, onStep: () => void): EventLogReader {
  const { KAFKA_BROKERS: brokers, KAFKA_GROUP_ID: group, EVENT_LOG_DIR: dir } = config;
  if (!brokers) return new SegmentReader({ dir, logger, onStep });
  return new KafkaReader({ brokers, security: kafkaSecurityOf(config), groupId: group + purpose, logger, onStep });
}

async function listen(
  config: Config,
  variable: 'MONITOR_HTTP_PORT' | 'MONITOR_GRPC_PORT',
  open: (port: number, host: string) => Promise<number>,
): Promise<number> {
  try {
    return await open(config[variable], config.BIND_HOST);
  } catch (error) {
    throw explainTakenPort(error, 'drift-monitor', variable, config[variable]);
  }
}
