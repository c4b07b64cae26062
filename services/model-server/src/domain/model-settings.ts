import { z } from 'zod';
import { Problem } from '@vinaigrette/problems';

/**
 * Where a version's graph is run. `inline`: on the thread that speaks to callers, the fastest for a small model, and
 * what kills or stops it there kills or stops the server. `thread`: survives exceptions only, but keeps long runs off the
 * protocol's thread and hands large tensors over without a copy. `process`: survives crash, hang and growth.
 */
export type Isolation = 'inline' | 'thread' | 'process';

/** What one priority's requests are promised while they wait. */
export interface QueuePolicy {
  /** Requests waiting at most. */
  queueRequestsMax: number;
  /** How long a request may wait; 0: without end. */
  timeoutMs: number;
  /** Whether a request may state a shorter or longer wait of its own. */
  timeoutOverride: boolean;
  /** What happens to one that waited too long: refused, or answered after all others. */
  whenLate: 'refuse' | 'delay';
}

/** How one version is run: the contents of config.json, with the server's own settings where it says nothing. */
export interface ModelSettings {
  /** `auto`: what its proof measured decides. */
  isolation: Isolation | 'auto';
  /** Executors that run at the same time. */
  instances: number;
  /** Most rows of one joined run; 1: requests are never joined. A single request may carry more. */
  batchRowsMax: number;
  /** Sizes worth waiting for, ascending; empty: any. */
  batchRowsPreferred: readonly number[];
  /** How long a request may wait for others to join it although an executor is free. */
  batchDelayMs: number;
  /** Priorities run from 1, the first served, to this. */
  priorities: number;
  priorityDefault: number;
  /** By priority, from 1 up: `queuePolicies[0]` is the policy of priority 1. */
  queuePolicies: readonly QueuePolicy[];
  /** A request that would wait longer, as the runs before tell, is refused when it comes. */
  queueWaitMsMax: number;
  /** The same, while more comes than can be answered: the queue was not empty for some time. */
  queueStandingMsMax: number;
  /** A run that takes longer is given up, and its executor replaced. Nothing can end a run that is `inline`. */
  runTimeoutMs: number;
  /** Resident memory above which an executor of its own process is replaced by a fresh one. */
  memoryMbMax: number;
}

/** What holds where config.json says nothing. */
export type SettingsDefaults = Pick<
  ModelSettings,
  'isolation' | 'batchRowsMax' | 'queueWaitMsMax' | 'queueStandingMsMax' | 'runTimeoutMs' | 'memoryMbMax'
> & { queueRequestsMax: number };

const count = z.number().int().nonnegative();
// JSON as Triton writes it holds 64-bit numbers as text.
const microseconds = z.union([
  count,
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
]);
const queuePolicy = z.strictObject({
  timeout_action: z.enum(['REJECT', 'DELAY']).default('REJECT'),
  default_timeout_microseconds: microseconds.default(0),
  allow_timeout_override: z.boolean().default(false),
  max_queue_size: count.default(0), // 0: the server's own limit
});
const parameter = z.strictObject({ string_value: z.string() }).transform(({ string_value }) => string_value);
const positive = parameter.transform(Number).pipe(count.min(1));
const said = z.unknown().optional(); // the graph and its folder say it already

const schema = z.strictObject({
  name: said,
  platform: said,
  backend: said,
  input: said,
  output: said,
  max_batch_size: count.optional(),
  dynamic_batching: z
    .strictObject({
      preferred_batch_size: z.array(count.min(1)).default([]),
      max_queue_delay_microseconds: microseconds.default(0),
      preserve_ordering: z.boolean().optional(), // one executor answers in order anyway
      priority_levels: count.max(100).default(0),
      default_priority_level: count.default(0),
      default_queue_policy: queuePolicy.prefault({}),
      priority_queue_policy: z.record(z.string().regex(/^[1-9]\d?$/), queuePolicy).default({}),
    })
    .refine(({ priority_levels, default_priority_level }) => default_priority_level <= priority_levels, {
      path: ['default_priority_level'],
      message: 'is beyond priority_levels',
    })
    .prefault({}),
  instance_group: z
    .array(
      z.strictObject({ count: count.min(1).max(64).default(1), kind: z.enum(['KIND_CPU', 'KIND_AUTO']).optional() }),
    )
    .max(1)
    .default([]),
  parameters: z
    .strictObject({
      isolation: parameter.pipe(z.enum(['auto', 'inline', 'thread', 'process'])).optional(),
      run_timeout_ms: positive.optional(),
      memory_mb_max: positive.optional(),
    })
    .default({}),
});

/**
 * Reads config.json: the names are those of Triton's ModelConfig in JSON, and what Triton has no name for stands under
 * `parameters`. Throws MODEL_CONFIG_INVALID naming the field; a field that would be without effect is refused too.
 */
export function readSettings(text: string | undefined, defaults: SettingsDefaults): ModelSettings {
  const { data, error } = schema.safeParse(text === undefined ? {} : jsonOf(text));
  if (error) {
    const [issue] = error.issues;
    const field = issue?.path.join('.') ?? '';
    throw new Problem('MODEL_CONFIG_INVALID', `config.json: ${issue?.message} at ${field || 'its root'}`, { field });
  }
  const batching = data.dynamic_batching;
  const priorities = Math.max(1, batching.priority_levels);
  const batchRowsMax = Math.max(1, data.max_batch_size ?? defaults.batchRowsMax);
  return {
    isolation: data.parameters.isolation ?? defaults.isolation,
    instances: data.instance_group[0]?.count ?? 1,
    batchRowsMax,
    batchRowsPreferred: batching.preferred_batch_size.filter((rows) => rows <= batchRowsMax).sort((a, b) => a - b),
    batchDelayMs: batching.max_queue_delay_microseconds / 1_000,
    priorities,
    priorityDefault: batching.default_priority_level || Math.ceil(priorities / 2),
    queuePolicies: Array.from({ length: priorities }, (_, index) =>
      policyOf(batching.priority_queue_policy[String(index + 1)] ?? batching.default_queue_policy, defaults),
    ),
    queueWaitMsMax: defaults.queueWaitMsMax,
    queueStandingMsMax: defaults.queueStandingMsMax,
    runTimeoutMs: data.parameters.run_timeout_ms ?? defaults.runTimeoutMs,
    memoryMbMax: data.parameters.memory_mb_max ?? defaults.memoryMbMax,
  };
}

function policyOf(policy: z.infer<typeof queuePolicy>, defaults: SettingsDefaults): QueuePolicy {
  return {
    queueRequestsMax: policy.max_queue_size || defaults.queueRequestsMax,
    timeoutMs: policy.default_timeout_microseconds / 1_000,
    timeoutOverride: policy.allow_timeout_override,
    whenLate: policy.timeout_action === 'DELAY' ? 'delay' : 'refuse',
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem('MODEL_CONFIG_INVALID', 'config.json is not JSON', { cause });
  }
}
