import { z } from 'zod';
import { name, outcomeKinds } from './fields.js';

/** A figure of the shop's, measured on what became of a model's predictions. */
export const kpiSchema = z.strictObject({
  model: name,
  /** What it is a mean over: every prediction, or every unit (customer) that got one. */
  per: z.enum(['prediction', 'unit']).default('prediction'),
  /** Of the outcomes that count: whether there is any (a share), how many, or their revenue. */
  value: z.enum(['any', 'count', 'revenue']),
  kinds: z.array(z.enum(outcomeKinds)).min(1),
  /** How long after its prediction an outcome still counts, in milliseconds. */
  withinMs: z
    .number()
    .int()
    .min(1)
    .max(90 * 86_400_000)
    .default(7 * 86_400_000),
  /** Whether only outcomes count that name a SKU which was shown. */
  shownOnly: z.boolean().default(false),
  better: z.enum(['higher', 'lower']).default('higher'),
});

/** Conversion, revenue per recommendation, share of paying customers ...: the definition, which has versions. */
export type Kpi = z.infer<typeof kpiSchema>;
