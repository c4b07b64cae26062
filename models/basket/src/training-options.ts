import { z } from 'zod';
import { parseOptions } from '@vinaigrette/training';
import { policies, type Policy } from './domain/cleaning.js';
import { salesFormats } from './adapters/read-sales.js';

const share = z.number().gt(0).max(1);

const schema = z.object({
  /** Path of the sales file. */
  input: z.string().min(1),
  format: z.enum(salesFormats),
  policy: z.enum(Object.keys(policies) as [Policy, ...Policy[]]),
  /** Half-open window of sale times, ISO 8601; absent: open. */
  from: z.string().optional(),
  to: z.string().optional(),
  /** Least share of the baskets that hold the items of a rule. */
  minSupport: share.default(0.01),
  /** Least share of the antecedent's baskets that hold the consequent too. */
  minConfidence: share.default(0.2),
  /** Most items of a rule, both sides together; absent: any number. */
  maxLength: z.number().int().min(2).max(20).optional(),
  /** Most rules of the graph: an answer's cost grows with them. */
  maxRules: z.number().int().min(1).max(1_000_000).default(5_000),
  /** Share of the baskets, the last sold ones, that the hit rate is measured on. */
  heldBackShare: z.number().gt(0).lt(1).default(0.2),
  /** Folder for the version's files; made when missing, files of the same names are replaced. */
  outDir: z.string().min(1),
});

export type TrainingOptions = z.input<typeof schema>;
export type CheckedOptions = z.output<typeof schema>;

/** Fills in what is left open. Throws TRAINING_OPTION_INVALID naming the first option that is wrong. */
export const checkOptions = (options: TrainingOptions): CheckedOptions => parseOptions(schema, options);

/** What `train` does when an option is left out; for the command line's help. */
export const optionDefaults = schema
  .pick({ minSupport: true, minConfidence: true, maxRules: true, heldBackShare: true })
  .parse({});
