import { z } from 'zod';
import { checkKafka, checkTls, kafkaVariables, readEnvironment, tlsVariables } from '@vinaigrette/edge';

const port = z.coerce.number().int().min(0).max(65_535);
const address = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^:/\s]+):\d{1,5}$/, 'must be host:port');
/** Of http or https, without the slash at its end. */
const webAddress = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/$/, ''));
const DAY_MS = 24 * 60 * 60 * 1_000;

const variables = z.object({
  ...tlsVariables('mutual'),
  MONITOR_HTTP_PORT: port.default(8_090), // console, REST, Connect, JSON, gRPC-Web; 0: any free port
  MONITOR_GRPC_PORT: port.default(8_091), // gRPC over h2c; 0: any free port
  BIND_HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  REGISTRY_ADDRESS: address.default('127.0.0.1:5001'), // of its gRPC
  REGISTRY_KEY: z.string().optional(), // vin_..., where the registry asks for one
  ...kafkaVariables, // no brokers: the segments below EVENT_LOG_DIR are read; else only Kafka is
  // A monitor that stands still in the middle of a transaction holds its partition no longer than this.
  LEASE_TIMEOUT_MS: z.coerce.number().int().min(100).default(60_000),
  STALLED_AFTER_MS: z.coerce.number().int().min(100).default(300_000), // /healthz fails when a loop has not moved so long
  KAFKA_GROUP_ID: z.string().min(1).max(128).default('drift-monitor'), // monitors of one database share it
  EVENT_LOG_DIR: z.string().default('.vinaigrette/event-log'),
  PARKED_RECORDS_MAX: z.coerce.number().int().min(0).default(100_000), // of versions not known yet; more are dead letters
  OUTCOME_WAIT_MS: z.coerce.number().int().positive().default(DAY_MS), // how long a prediction waits for its outcomes
  ALERTMANAGER_URLS: z // comma list, every peer of the cluster; unset: none is told
    .string()
    .transform((urls) => urls.split(',').map((url) => url.trim()))
    .pipe(z.array(webAddress))
    .default([]),
  SLACK_WEBHOOK_URL: webAddress.optional(), // an incoming webhook; unset: Slack is not told
  ALERT_WEBHOOK_URL: webAddress.optional(), // gets Alertmanager's webhook messages, version 4; unset: nobody does
  CONSOLE_URL: webAddress.default('http://127.0.0.1:8090'), // where pages lead; people must be able to open it
  RUNBOOK_URL: webAddress.optional(), // folder of the runbooks; unset: those that the monitor serves itself
  PANE_RETENTION_MS: z.coerce
    .number()
    .int()
    .positive()
    .default(400 * DAY_MS), // after they last grew, counters are deleted
  SEGMENTS_PER_DIMENSION_MAX: z.coerce.number().int().min(0).max(1_000).default(20), // counted by name; more are OTHER
  // Parquet files of all predictions and outcomes, by day: a folder, or s3://bucket/prefix
  ARCHIVE_DIR: z.string().default('.vinaigrette/archive'),
  ARCHIVE_CACHE_DIR: z.string().default('.vinaigrette/archive-cache'), // copies of what lies in S3 and was asked for
  // Of those copies together: the ones asked for longest ago go first, and none of the last ten minutes
  ARCHIVE_CACHE_BYTES_MAX: z.coerce
    .number()
    .int()
    .min(0)
    .default(10 * 1024 ** 3),
  S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(), // an S3 that is not Amazon's
  ARCHIVE_FLUSH_MS: z.coerce.number().int().positive().default(15_000), // how long a record may wait for its file
  ARCHIVE_DAYS: z.coerce.number().int().positive().default(400), // older days are deleted
  // asked of whoever silences or erases; absent: anybody who reaches the port may
  MONITOR_OPERATOR_KEY: z.string().min(16).optional(),
  ACTIONS: z.enum(['act', 'dry-run']).default('act'), // dry-run: nothing is done to the registry, whatever documents say
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  DRAIN_TIMEOUT_MS: z.coerce.number().int().positive().default(10_000), // after SIGTERM, before the process ends anyway
});

const schema = variables.superRefine(checkTls).superRefine(checkKafka);

export type Config = Readonly<z.infer<typeof schema>>;

/** Names every bad value at once. Only main.ts calls it, with process.env, before any port opens. */
export const readConfig = (env: NodeJS.ProcessEnv): Config => readEnvironment(schema, env);
