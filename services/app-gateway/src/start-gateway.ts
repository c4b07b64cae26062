import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { explainTakenPort, kafkaSecurityOf, tlsOf, type Logger } from '@vinaigrette/edge';
import { NestLog } from '@vinaigrette/edge/nest';
import { openEventLogWriter, startKafkaShipper, type KafkaShipper } from '@vinaigrette/event-log';
import { startTracing } from '@vinaigrette/tracing';
import type { GrpcModels } from './adapters/grpc/grpc-models.js';
import { admitRequests } from './adapters/http/admit-requests.js';
import { countRequests } from './adapters/http/count-requests.js';
import { askForKeys } from './adapters/http/ask-for-keys.js';
import { corsOptions } from './adapters/http/cors.js';
import { shortenHotRoutes } from './adapters/http/hot-routes.js';
import { readForms } from './adapters/http/forms.js';
import { installReference } from './adapters/http/openapi.js';
import { refuseOtherMethods } from './adapters/http/refuse-other-methods.js';
import { traceRequests } from './adapters/http/trace-requests.js';
import { PrometheusMeters } from './adapters/metrics/prometheus-meters.js';
import { AppGatewayModule } from './app-gateway.module.js';
import type { Config } from './config.js';
import { ConfigurationInForce } from './configuration-in-force.js';
import { FollowRegistry } from './follow-registry.js';
import { GuardRollouts } from './guard-rollouts.js';
import { Models } from './models.js';
import { Predict } from './predict.js';
import { PrecomputedAnswers } from './precomputed-answers.js';
import { Recommend } from './recommend.js';
import { ShopTables } from './shop-tables.js';

/** Largest request body, in bytes. */
const BODY_BYTES_MAX = 256 * 1024;

/** Longest part of an address, in characters: a customer's id, where each character may be written as three. */
const PARAM_LENGTH_MAX = 1_024;

export interface Gateway {
  /** Where HTTP listens. */
  port: number;
  /** Answers what is under way, then stops, with the log synced. */
  close(): Promise<void>;
}

/** Opens the log, then the port, then follows the registry. Rejects when the port or the log cannot be had. */
export async function startGateway(config: Config, logger: Logger): Promise<Gateway> {
  const writer = openEventLogWriter({ dir: config.EVENT_LOG_DIR, gatewayId: config.GATEWAY_ID });
  const { http: https } = tlsOf(config);
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    ...(https && { https }),
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppGatewayModule.with(config, logger, writer), adapter, {
    logger: new NestLog(logger),
    bodyParser: false, // Fastify's own reads JSON and nothing else
  });
  const [models, meters] = [app.get<GrpcModels>(Models), app.get(PrometheusMeters)];
  const guard = app.get(GuardRollouts);
  meters.gauge({
    log: writer,
    configuration: app.get(ConfigurationInForce),
    circuits: () => models.circuits(),
    trials: () => guard.statuses(),
  });
  const server = app.getHttpAdapter().getInstance();
  const requests = countRequests(server as never, meters);
  const tracing = await startTracing({ name: 'app-gateway' }, (complaint) => logger.warn(complaint));
  if (tracing) traceRequests(server as never, tracing);
  refuseOtherMethods(server as never, logger);
  if (config.CORS_ORIGINS) app.enableCors(corsOptions(config.CORS_ORIGINS));
  if (config.SHOP_KEYS) askForKeys(server as never, config.SHOP_KEYS, app.get(ConfigurationInForce), logger);
  readForms(server as never, app.get(ConfigurationInForce));
  const limits = { underWayMax: config.REQUESTS_UNDER_WAY_MAX, perSecond: config.RATE_LIMIT_PER_SECOND };
  admitRequests(server as never, limits, requests.underWay, logger);
  shortenHotRoutes(server as never, app.get(Recommend), app.get(Predict), logger);
  installReference(app);
  const follower = app.get(FollowRegistry);
  let shipper: KafkaShipper | undefined;
  const stop = async () => {
    await requests.drained();
    await app.close();
    await follower.stop();
    await app.get(ShopTables).close();
    await app.get(PrecomputedAnswers).close();
    await guard.stop();
    models.close();
    await shipper?.close();
    await writer.close();
    await tracing?.stop();
  };
  try {
    await follower.start();
    guard.start();
    await app.listen(config.GATEWAY_HTTP_PORT, config.BIND_HOST);
  } catch (error) {
    await stop();
    throw explainTakenPort(error, 'app-gateway', 'GATEWAY_HTTP_PORT', config.GATEWAY_HTTP_PORT);
  }
  // Kafka is not waited for: what it has not got yet is in the segments.
  if (config.KAFKA_BROKERS) {
    shipper = startKafkaShipper({
      dir: config.EVENT_LOG_DIR,
      gatewayId: config.GATEWAY_ID,
      brokers: config.KAFKA_BROKERS,
      security: kafkaSecurityOf(config),
      logger,
    });
    meters.gaugeShipping(shipper);
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { port, close: stop };
}
