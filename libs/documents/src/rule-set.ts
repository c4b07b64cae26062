import { z } from 'zod';
import { moments, name, scopeName, sku } from './fields.js';

/** A rule with no `when` always applies; each list given must hold the request's value. */
const when = z.strictObject({
  moments: z.array(z.enum(moments)).min(1).optional(),
  markets: z.array(scopeName).min(1).optional(),
  channels: z.array(scopeName).min(1).optional(),
});

const shared = { id: name, when: when.optional() };

const rule = z.discriminatedUnion('action', [
  /** Items that are never shown. */
  z.strictObject({ ...shared, action: z.literal('hide'), skus: z.array(sku).min(1).max(100_000) }),
  /** Items that score less than this are not shown. */
  z.strictObject({ ...shared, action: z.literal('minimum-score'), score: z.number() }),
  /** At most so many items. */
  z.strictObject({ ...shared, action: z.literal('cap'), items: z.number().int().min(1).max(1_000) }),
  /** Keeps a numeric output within these bounds, both included. */
  z
    .strictObject({
      ...shared,
      action: z.literal('clamp'),
      output: z.string().min(1),
      min: z.number().optional(),
      max: z.number().optional(),
    })
    .refine((clamp) => clamp.min !== undefined || clamp.max !== undefined, {
      path: ['min'],
      message: 'min or max must be given',
    })
    .refine((clamp) => (clamp.min ?? -Infinity) <= (clamp.max ?? Infinity), {
      path: ['min'],
      message: 'must not exceed max',
    }),
]);

export const ruleSetSchema = z.strictObject({ rules: z.array(rule).max(10_000) }).superRefine(({ rules }, context) => {
  const seen = new Set<string>();
  rules.forEach(({ id }, index) => {
    if (seen.has(id)) {
      context.addIssue({ code: 'custom', path: ['rules', index, 'id'], message: `${id} names two rules` });
    }
    seen.add(id);
  });
});

export type Rule = z.infer<typeof rule>;
export type RuleScope = z.infer<typeof when>;

/** What a shop does to a model's answer, in the order written. */
export type RuleSet = z.infer<typeof ruleSetSchema>;
