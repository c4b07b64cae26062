import { z } from 'zod';
import { alias, name } from './fields.js';

/** How a number of an evaluation is called: recall, latency_ms_p99. */
const metric = z.string().min(1).max(128);

const better = z.enum(['higher', 'lower']).default('higher');

/** At least, at most, or between. */
const bounds = { atLeast: z.number().optional(), atMost: z.number().optional() };
const bounded = {
  check: (limit: { atLeast?: number | undefined; atMost?: number | undefined }) =>
    limit.atLeast !== undefined || limit.atMost !== undefined,
  told: { path: ['atLeast'], message: 'atLeast or atMost must be given' },
};

/**
 * What a version must show before an alias of its model is moved to it. The document's name is the model's; the version
 * that the document's own `champion` names is in force.
 */
export const promotionPolicySchema = z.strictObject({
  /** The alias that is guarded. */
  alias: alias.default('champion'),
  /** Numbers that are compared with those of the version that holds the alias, on the same set. */
  metrics: z
    .array(
      z.strictObject({
        metric,
        validationSet: name,
        better,
        /** Least gain over the holder, in the metric's unit; 0: as good is enough, when it is cheaper too (see cost). */
        gainMin: z.number().min(0).default(0),
        /** Most that any segment may lose, in the metric's unit; segments of fewer rows are not judged. */
        segments: z
          .strictObject({ lossMax: z.number().min(0), rowsMin: z.number().int().min(1).default(100) })
          .optional(),
      }),
    )
    .max(100)
    .default([]),
  /** What decides a tie: the cheaper of two that are as good. Without it a tie is passed. */
  cost: z.strictObject({ metric, validationSet: name }).optional(),
  /** Numbers that hold by themselves: latency, a floor of quality. */
  limits: z
    .array(z.strictObject({ metric, validationSet: name, ...bounds }).refine(bounded.check, bounded.told))
    .max(100)
    .default([]),
  /** Incidents that must not be met twice: each a small set made of what went wrong. Only ever add to them. */
  cases: z
    .array(
      z
        .strictObject({ id: name, incident: z.string().min(1).max(2_000), validationSet: name, metric, ...bounds })
        .refine(bounded.check, bounded.told),
    )
    .max(1_000)
    .default([]),
  /**
   * How often a shadow must have given the champion's answer: a number between 0 and 1, put as an evaluation of what was
   * logged, as `vinaigrette models shadow` does. Only told of, and never refused, where the use case in force declares a feedback loop: there the champion's
   * answers are no truth, since what it shows makes what is bought.
   */
  shadowAgreement: z
    .strictObject({
      useCase: name,
      validationSet: name.default('shadow'),
      metric: metric.default('agreement'),
      atLeast: z.number().min(0).max(1),
    })
    .optional(),
  /** What a version must have been registered with, so that it can be proved when it is loaded, and judged when it is in use. */
  proofs: z.array(z.enum(['golden', 'baseline'])).default(['golden', 'baseline']),
  /** Whether the holder's callers may be left behind: with `refuse`, whoever calls it can call the version unchanged. */
  breakingChange: z.enum(['refuse', 'allow']).default('refuse'),
  /** Of all files together. */
  sizeBytesMax: z.number().int().positive().optional(),
  /** Oldest that the newest row of any set above may be, in days. */
  freshnessDaysMax: z.number().positive().optional(),
  /** People who must have stood up for the version; who registered it is not one of them. */
  approvals: z.number().int().min(0).max(10).default(0),
});

/** What a version must show before it is promoted. */
export type PromotionPolicy = z.infer<typeof promotionPolicySchema>;
