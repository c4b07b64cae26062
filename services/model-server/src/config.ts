import { checkTls, tlsVariables } from '@vinaigrette/edge';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535); // 0: any free one
const milliseconds = z.coerce.number().int().positive();

export const configSchema = z
  .object({
    ...tlsVariables('mutual'),
    MODEL_SERVER_HTTP_PORT: port.default(8_000),
    MODEL_SERVER_GRPC_PORT: port.default(8_001),
    BIND_HOST: z.string().default('127.0.0.1'),
    MODEL_REPOSITORY: z.string().optional(), // a folder NAME/VERSION/model.onnx; then no registry is followed
    MODEL_REPOSITORY_POLL_MS: milliseconds.default(1_000),
    REGISTRY_ADDRESS: z.string().optional(), // host:port of the registry's gRPC
    REGISTRY_KEY: z.string().optional(), // vin_..., where the registry asks for one
    MODEL_SERVER_CACHE_DIR: z.string().default('.vinaigrette/model-server'),
    LOAD_TIMEOUT_MS: milliseconds.default(60_000), // to load a version and answer its golden examples
    MODEL_FILE_MB_MAX: z.coerce.number().positive().max(2_048).default(2_048), // of a model.onnx; the format ends there
    BATCH_ROWS_MAX: z.coerce.number().int().positive().default(64), // of one joined run
    QUEUE_REQUESTS_MAX: z.coerce.number().int().positive().default(1_024), // waiting for one version
    QUEUE_WAIT_MS_MAX: milliseconds.default(10_000), // who would wait longer is refused at once
    QUEUE_STANDING_MS_MAX: milliseconds.default(20), // the same, while the queue does not become empty any more
    KEEP_WARM_MS: z.coerce.number().int().min(0).max(86_400_000).default(300_000), // of a version nobody wants any more
    KEEP_WARM_VERSIONS: z.coerce.number().int().min(0).default(2), // of one model at most
    MODEL_ISOLATION: z.enum(['auto', 'inline', 'thread', 'process']).default('auto'),
    RUN_TIMEOUT_MS: milliseconds.default(30_000), // then the executor is replaced; not for models that run inline
    EXECUTOR_MEMORY_MB_MAX: z.coerce.number().int().positive().default(2_048), // of a process that runs a model
    DRAIN_TIMEOUT_MS: milliseconds.default(10_000), // after SIGTERM, for the calls in flight
    SERVER_PROCESSES: z.coerce.number().int().min(1).max(256).default(1), // on the same ports; each serves every model
    MODEL_CONTROL: z.enum(['none', 'explicit']).default('none'), // explicit: callers may load and unload models
    LOG_LEVEL: z.string().default('info'),
  })
  .superRefine(checkTls)
  .refine((config) => config.MODEL_REPOSITORY === undefined || config.REGISTRY_ADDRESS === undefined, {
    path: ['MODEL_REPOSITORY'],
    message: 'cannot be set together with REGISTRY_ADDRESS: models come from a folder or from a registry',
  })
  .refine((config) => config.SERVER_PROCESSES === 1 || config.MODEL_CONTROL === 'none', {
    path: ['MODEL_CONTROL'],
    message: 'cannot be explicit with several SERVER_PROCESSES: a caller would reach one of them only',
  });

export type Config = Readonly<z.infer<typeof configSchema>>;

export const REGISTRY_ADDRESS_DEFAULT = '127.0.0.1:5001';
