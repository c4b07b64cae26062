import { z } from 'zod';
import { salesFormats } from './adapters/read-sales.js';
import { policies, type Policy } from './domain/cleaning.js';

const share = z.number().gt(0).max(1);

/** Which sales are read. */
const choice = z.object({
  format: z.enum(salesFormats).default('online-retail').describe('how sales are written'),
  policy: z
    .enum(Object.keys(policies) as [Policy, ...Policy[]])
    .default('strict')
    .describe('what is left out'),
  from: z.string().optional().describe('first moment of the sales, ISO 8601, UTC'),
  to: z.string().optional().describe('first moment after them'),
  window: z.string().optional().describe('in place of from: 6M, 12W or 30D before to, or before the end of the sales'),
});
export const choiceNames = choice.keyof().options;

export const parameters = choice.extend({
  minSupport: share.default(0.01).describe('least share of the baskets that hold the items of a rule'),
  minConfidence: share.default(0.2).describe("least share of the antecedent's baskets that hold the consequent too"),
  maxLength: z.number().int().min(2).max(20).optional().describe('most items of a rule, both sides together'),
  maxRules: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(5_000)
    .describe("most rules to serve: an answer's cost grows with them"),
  heldBackShare: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.2)
    .describe('share of the baskets, the last sold ones, that the hit rate is measured on'),
});
export type Parameters = z.output<typeof parameters>;
