import { z } from 'zod';
import { checkKafka, checkTls, kafkaVariables, readEnvironment, tlsVariables } from '@vinaigrette/edge';

const port = z.coerce.number().int().min(0).max(65_535);
const address = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^:/\s]+):\d{1,5}$/, 'must be host:port');

const variables = z.object({
  ...tlsVariables('off'), // shops and browsers have no certificate of ours: an ingress speaks TLS to them, or TLS_HTTP
  GATEWAY_HTTP_PORT: port.default(8_080), // 0: any free one, told in the log
  BIND_HOST: z.string().default('127.0.0.1'),
  REGISTRY_KEY: z.string().optional(), // vin_..., where the registry asks for one
  REGISTRY_ADDRESS: address.default('127.0.0.1:5001'),
  MODEL_SERVER_ADDRESS: z // one or several, with commas between; a host may be a name with several addresses
    .string()
    .default('127.0.0.1:8001')
    .transform((addresses) => addresses.split(',').map((one) => one.trim()))
    .pipe(z.array(address).min(1)),
  ...kafkaVariables, // no brokers: the segments are the log, and the monitor reads them
  EVENT_LOG_DIR: z.string().default('.vinaigrette/event-log'),
  GATEWAY_ID: z.string().default('gateway-1'),
  GATEWAY_CACHE_DIR: z.string().default('.vinaigrette/gateway'),
  SHOP_DATABASE_URL: z.string().min(1).optional(), // unset: lookups find nothing, which is told as a fault
  SHOP_KEYS: z.string().min(1).optional(), // a document of kind shop-keys; unset: whoever reaches this port may ask
  CORS_ORIGINS: z // pages that may ask from a browser, with commas between; unset: none of another origin
    .string()
    .transform((origins) => origins.split(',').map((origin) => origin.trim()))
    .optional(),
  TRUSTED_CALLER_TOKEN: z.string().min(16).optional(), // unset: nobody may say when something happened
  REQUESTS_UNDER_WAY_MAX: z.coerce.number().int().min(1).default(1_000), // more are turned away with 503
  RATE_LIMIT_PER_SECOND: z.coerce.number().positive().optional(), // of one caller; a shop's key may say otherwise
  LOG_HASH_KEY: z.string().min(16).optional(), // of hashed fields in the event log; the same for all gateways
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  DRAIN_TIMEOUT_MS: z.coerce.number().int().positive().default(10_000),
});

const schema = variables.superRefine(checkTls).superRefine(checkKafka);

export type Config = Readonly<z.infer<typeof schema>>;

/** Names every bad value at once. Only main.ts calls it, with process.env, before any port opens. */
export const readConfig = (env: NodeJS.ProcessEnv): Config => readEnvironment(schema, env);
