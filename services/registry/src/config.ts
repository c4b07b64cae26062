import { z } from 'zod';
import { checkTls, readEnvironment, tlsVariables } from '@vinaigrette/edge';
import { KEY_BYTES } from './domain/webhooks/seal-secret.js';

const port = z.coerce.number().int().min(0).max(65_535);
const GIB = 1024 ** 3;

const variables = z.object({
  ...tlsVariables('mutual'),
  REGISTRY_HTTP_PORT: port.default(5_000), // REST, Connect, JSON, gRPC-Web; 0: any free port
  REGISTRY_GRPC_PORT: port.default(5_001), // gRPC over h2c; 0: any free port
  BIND_HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  ARTIFACT_DIR: z.string().default('.vinaigrette/artifacts'), // a folder, or s3://bucket/prefix
  S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(), // an S3 that is not Amazon's
  ARTIFACT_BYTES_MAX: z.coerce
    .number()
    .int()
    .positive()
    .default(2 * GIB),
  INSPECTION_TIMEOUT_MS: z.coerce.number().int().positive().default(120_000), // a model's golden answers, load included
  INSPECTION_MEMORY_BYTES_MAX: z.coerce
    .number()
    .int()
    .positive()
    .default(4 * GIB), // resident, of one inspection
  INSPECTIONS_MAX: z.coerce.number().int().positive().default(2), // at the same time; others wait
  WANTED_STATE_POLL_MS: z.coerce.number().int().positive().default(5_000), // the net below LISTEN/NOTIFY
  ROLLOUT_STEP_POLL_MS: z.coerce.number().int().positive().default(1_000), // how often due steps are looked for
  ARTIFACT_CHECK_MS: z.coerce.number().int().positive().default(1_000), // how often one artefact is read again
  ARTIFACT_CHECK_AGE_MS: z.coerce
    .number()
    .int()
    .positive()
    .default(7 * 24 * 60 * 60 * 1_000), // that was not for so long
  WEBHOOK_RETRY_MS: z.coerce.number().int().positive().default(5_000), // after the first attempt; then four times as long
  WEBHOOK_ATTEMPTS_MAX: z.coerce.number().int().positive().default(9), // 30 hours
  WEBHOOK_NETWORKS: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter((word) => word !== ''))
    .pipe(z.array(z.union([z.cidrv4(), z.cidrv6()]))), // not public, and allowed: 10.1.0.0/16,fd00::/8
  WEBHOOK_SEALING_KEYS: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter((word) => word !== ''))
    .pipe(z.array(z.base64().transform((word) => Buffer.from(word, 'base64')))) // of 32 bytes; the first one seals
    .refine((keys) => keys.every(({ byteLength }) => byteLength === KEY_BYTES), 'each must be base64 of 32 bytes'),
  DRAIN_TIMEOUT_MS: z.coerce.number().int().positive().default(10_000), // after SIGTERM, before calls are cut
  REGISTRY_ADMIN_KEY: z
    .string()
    .regex(/^\S{16,}$/, 'must be 16 characters or more, without blanks')
    .optional(), // set: every call needs a key, and this one may everything
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

const schema = variables.superRefine(checkTls);

export type Config = Readonly<z.infer<typeof schema>>;

/** Names every bad value at once. Only main.ts calls it, with process.env, before any port opens. */
export const readConfig = (env: NodeJS.ProcessEnv): Config => readEnvironment(schema, env);
