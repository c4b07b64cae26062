import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkKafka, checkTls, kafkaVariables, readEnvironment, tlsVariables } from '@vinaigrette/edge';
import { z } from 'zod';

/** The folder of the checkout, wherever the command is called from. */
export const root = path.resolve(fileURLToPath(import.meta.resolve('@vinaigrette/cli/package.json')), '../../..');

const port = z.coerce.number().int().min(0).max(65_535);

const schema = z
  .object({
    STATE_DIR: z.string().default(path.join(root, '.vinaigrette')), // everything the house keeps
    REGISTRY_HTTP_PORT: port.default(5_000), // 0: any free port, like each of these
    REGISTRY_GRPC_PORT: port.default(5_001),
    MODEL_SERVER_HTTP_PORT: port.default(8_000),
    MODEL_SERVER_GRPC_PORT: port.default(8_001),
    GATEWAY_HTTP_PORT: port.default(8_080),
    MONITOR_HTTP_PORT: port.default(8_090),
    MONITOR_GRPC_PORT: port.default(8_091),
    BIND_HOST: z.string().default('127.0.0.1'),
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(), // not set: a PostgreSQL of the house's own
    START_TIMEOUT_MS: z.coerce.number().int().positive().default(120_000), // for one service to listen
    DRAIN_TIMEOUT_MS: z.coerce.number().int().positive().default(10_000), // after SIGTERM; then SIGKILL, 2 s later
    EVENT_LOG_DIR: z.string().optional(), // the gateways' segments, for learners
    ...kafkaVariables, // brokers: learners read Kafka
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    REGISTRY_ADDRESS: z.string().optional(), // host:port of the registry's gRPC, for the commands
    REGISTRY_KEY: z.string().optional(), // vin_..., where the registry asks for one
    MODEL_SERVER_ADDRESS: z.string().optional(), // host:port of the model server's gRPC, one or several, for the commands
    SHOP_DATABASE_URL: z.string().min(1).optional(), // where batches find customers and goods, and write tables
    DATA_STORE: z.string().min(1).optional(), // a folder or s3://bucket/prefix: the data that is trained on; below STATE_DIR
    S3_ENDPOINT: z.url().optional(), // of an S3 that is not Amazon's
    MONITOR_URL: z.url().optional(), // of the drift monitor's HTTP, for the commands
    MONITOR_OPERATOR_KEY: z.string().optional(), // where the drift monitor asks for it
    ...tlsVariables('off'), // of the commands; the house itself is one machine, in clear text
  })
  .superRefine(checkTls)
  .superRefine(checkKafka)
  .transform((config) => ({
    ...config,
    STATE_DIR: path.resolve(config.STATE_DIR),
    EVENT_LOG_DIR: path.resolve(config.EVENT_LOG_DIR ?? path.join(config.STATE_DIR, 'event-log')),
    REGISTRY_ADDRESS: config.REGISTRY_ADDRESS ?? `127.0.0.1:${config.REGISTRY_GRPC_PORT}`,
    MODEL_SERVER_ADDRESS: (config.MODEL_SERVER_ADDRESS ?? `127.0.0.1:${config.MODEL_SERVER_GRPC_PORT}`).split(','),
    MONITOR_URL: config.MONITOR_URL ?? `http://127.0.0.1:${config.MONITOR_HTTP_PORT}`,
  }));

export type Config = Readonly<z.infer<typeof schema>>;

/** Names every bad value at once. */
export const readConfig = (env: NodeJS.ProcessEnv): Config => readEnvironment(schema, env);
