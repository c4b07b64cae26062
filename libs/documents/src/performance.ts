import { z } from 'zod';
import { name, outcomeKinds, tensorName } from './fields.js';

/** The measures of each task that can be promised, and whether more of it is better. */
export const guardedMeasures = {
  mae: 'lower',
  rmse: 'lower',
  accuracy: 'higher',
  logLoss: 'lower',
  hitRateAt5: 'higher',
  mrr: 'higher',
  ndcgAt10: 'higher',
} as const satisfies Record<string, 'higher' | 'lower'>;

export type GuardedMeasure = keyof typeof guardedMeasures;

const DAY_MS = 86_400_000;

const task = z.discriminatedUnion('kind', [
  /** The numeric output that is compared with the number of the label. */
  z.strictObject({ kind: z.literal('regression'), output: tensorName }),
  z
    .strictObject({
      kind: z.literal('classification'),
      /** The text output with the class; absent: the score decides at one half. */
      output: tensorName.optional(),
      /** The output, and the place in it, that holds the probability of the class `positive`. */
      score: z
        .strictObject({
          output: tensorName,
          index: z.number().int().min(0).max(1_000).default(0),
          positive: z.string().min(1).max(128),
        })
        .optional(),
    })
    .refine(({ output, score }) => output !== undefined || score !== undefined, {
      path: ['output'],
      message: 'output or score must be given',
    }),
  /** What was shown, best first, is compared with the SKUs of these outcomes. */
  z.strictObject({
    kind: z.literal('ranking'),
    kinds: z.array(z.enum(outcomeKinds)).min(1).default(['clicked', 'purchased']),
  }),
]);

const guard = z.strictObject({
  measure: z.enum(Object.keys(guardedMeasures) as [GuardedMeasure, ...GuardedMeasure[]]),
  /** Broken only when the whole one-sided 95 % interval lies on the wrong side of it. */
  floor: z.number(),
  /** Fewer labelled predictions in the window say nothing. */
  labelledMin: z.number().int().min(30).default(500),
  /** Length of the window that is judged, in milliseconds. */
  windowMs: z
    .number()
    .int()
    .min(300_000)
    .max(30 * DAY_MS)
    .default(DAY_MS),
  /** Broken in so many windows in a row, each ending 5 minutes after the one before: it acts. */
  windows: z.number().int().min(1).max(288).default(3),
  /** No second action of this kind for the model within so long, in milliseconds. */
  cooldownMs: z
    .number()
    .int()
    .min(0)
    .max(90 * DAY_MS)
    .default(7 * DAY_MS),
  /** `page`: tell on-call only. `dry-run`: also keep what would have been done. `act`: do it. */
  action: z.enum(['page', 'dry-run', 'act']).default('dry-run'),
});

export const performanceSchema = z.strictObject({
  model: name,
  task,
  /** A prediction younger than this may still get its label, in milliseconds. */
  maturityMs: z
    .number()
    .int()
    .min(1)
    .max(90 * DAY_MS)
    .default(DAY_MS),
  guard: guard.optional(),
});

/** What a model is held to once it is known what really happened. */
export type PerformancePolicy = z.infer<typeof performanceSchema>;
