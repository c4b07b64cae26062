import { z } from 'zod';
import { alias, name, tensorValue } from './fields.js';

/** Longest a model may take, in milliseconds: whoever waits longer than this for a page has left. */
const BUDGET_MS_MAX = 60_000;

/** Most items one answer may hold. */
const LIMIT_MAX = 1_000;

const shared = {
  model: name,
  alias: alias.default('champion'),
  /** Name of the rule set applied after the model; absent: none. */
  ruleSet: name.optional(),
  /** How long the model may take, in milliseconds, before the next rung of the ladder answers. */
  budgetMs: z.number().int().min(1).max(BUDGET_MS_MAX).default(100),
};

export const recommendationUseCaseSchema = z.strictObject({
  kind: z.literal('recommendation'),
  ...shared,
  /** How many items an answer holds when the request does not say, and at most. */
  limit: z
    .strictObject({
      default: z.number().int().min(1).max(LIMIT_MAX).default(5),
      max: z.number().int().min(1).max(LIMIT_MAX).default(50),
    })
    .default({ default: 5, max: 50 })
    .refine((limit) => limit.default <= limit.max, { path: ['default'], message: 'must not exceed limit.max' }),
  /** The rungs tried, in order, when the model gives no answer. */
  fallback: z
    .array(z.enum(['best-sellers']))
    .max(1)
    .default(['best-sellers']),
  /** Whether what is shown changes what is bought, and so what the model learns from next. */
  feedbackLoop: z.boolean().default(false),
});

export const predictionUseCaseSchema = z.strictObject({
  kind: z.literal('prediction'),
  ...shared,
  /** By tensor name: what is sent when the request leaves the input out. */
  inputs: z.record(z.string().min(1), z.strictObject({ default: tensorValue.optional() })).default({}),
  /** What is answered, by output name, when the model gives no answer; absent: a failure. */
  fallback: z.strictObject({ outputs: z.record(z.string().min(1), tensorValue) }).optional(),
  feedbackLoop: z.boolean().default(false),
});

export const useCaseSchema = z.discriminatedUnion('kind', [recommendationUseCaseSchema, predictionUseCaseSchema]);

export type RecommendationUseCase = z.infer<typeof recommendationUseCaseSchema>;
export type PredictionUseCase = z.infer<typeof predictionUseCaseSchema>;

/** Which model alias answers a need of the shop, under which rules, within which time, and what else if it does not. */
export type UseCase = z.infer<typeof useCaseSchema>;
