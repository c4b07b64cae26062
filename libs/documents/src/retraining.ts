import { z } from 'zod';
import { name } from './fields.js';

const DAY_MS = 86_400_000;
const span = (longestDays: number) =>
  z
    .number()
    .int()
    .min(1)
    .max(longestDays * DAY_MS);

/**
 * When a model is trained again, on what, and how the candidate goes on from there. The promotion policy of the model
 * judges it by its numbers on the validation set `later-slice`.
 */
export const retrainingSchema = z.strictObject({
  model: name,
  /** A page of one of these names about the version in force asks for a training, once. */
  pages: z.array(z.enum(['FeatureDrift', 'PerformanceDrop'])).default(['FeatureDrift', 'PerformanceDrop']),
  /** And so does this much event time of new labels, in milliseconds; absent: time alone asks for none. */
  retrainEveryMs: span(3_650).optional(),
  /** Fewest labelled predictions in the window. */
  labelledMin: z.number().int().min(1).default(500),
  /** No second training sooner after the last, done or failed, in milliseconds. By hand it is not waited for. */
  cooldownMs: z
    .number()
    .int()
    .min(0)
    .max(90 * DAY_MS)
    .default(DAY_MS),
  /** The newest labels, in milliseconds of event time back from the last of them. */
  window: z
    .strictObject({
      lengthMs: span(3_650).default(90 * DAY_MS),
      /** Its end, which is not trained on: candidate and champion are judged there. */
      evaluationMs: span(365).default(7 * DAY_MS),
    })
    .default({ lengthMs: 90 * DAY_MS, evaluationMs: 7 * DAY_MS })
    .refine((window) => window.evaluationMs < window.lengthMs, {
      path: ['evaluationMs'],
      message: 'must be shorter than lengthMs, or nothing is left to train on',
    }),
  /** What the training of the model is told, by its own names, such as minSupport. */
  parameters: z
    .record(z.string().min(1).max(64), z.union([z.string().max(1_000), z.number(), z.boolean()]))
    .default({}),
  /** How a candidate that passes is tried. */
  rollout: z
    .strictObject({
      stepsBps: z.array(z.number().int().min(1).max(10_000)).max(100).default([]),
      stepMs: z
        .number()
        .int()
        .min(0)
        .max(31 * DAY_MS)
        .default(600_000),
      samplesMin: z.number().int().min(0).default(100),
    })
    .default({ stepsBps: [], stepMs: 600_000, samplesMin: 100 }),
});

/** When and how a model is trained again. */
export type RetrainingPolicy = z.infer<typeof retrainingSchema>;
