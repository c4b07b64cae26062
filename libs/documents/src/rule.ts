import { z } from 'zod';
import { expressionText } from './expression-text.js';
import { moments, name, scopeName, sku, tensorName, tensorValue } from './fields.js';
import { identifier } from './field-types.js';

/** When a rule applies: always where nothing is said; each part that is said must hold. */
const when = z
  .strictObject({
    moments: z.array(z.enum(moments)).min(1).optional(),
    markets: z.array(scopeName).min(1).optional(),
    channels: z.array(scopeName).min(1).optional(),
    /** Event time, this instant included. */
    from: z.iso.datetime({ offset: true }).optional(),
    /** Event time, this instant not included. */
    until: z.iso.datetime({ offset: true }).optional(),
    /** CEL over customer, context, basket or inputs, and now. */
    if: expressionText.optional(),
  })
  .refine(({ from, until }) => !from || !until || Date.parse(from) < Date.parse(until), {
    path: ['until'],
    message: 'must be later than from',
  });

const shared = {
  id: name,
  when: when.optional(),
  /** Rules of a higher priority come first; equal ones in the order written. */
  priority: z.number().int().min(-1_000).max(1_000).optional(),
  /**
   * What a rule does where a field its conditions need is unknown. Absent: rules that take away or refuse apply, since
   * they are there to protect; the others do not.
   */
  whenUnknown: z.enum(['apply', 'skip']).optional(),
  /** Why the shop has this rule; told where the rule is shown. */
  reason: z.string().max(500).optional(),
};

const skus = z.array(sku).min(1).max(100_000);
const position = z.number().int().min(1).max(1_000);
const count = z.number().int().min(1).max(1_000);

/** Items named one by one, or by a condition over item, score and what `when.if` may read; both: either. */
const chosen = { skus: skus.optional(), where: expressionText.optional() };
const choosesNone = ({ skus: list, where }: { skus?: unknown; where?: unknown }) => !list && !where;
const chooses = { path: ['skus'], message: 'skus or where must be given' };

/** A bound or factor: a number, or CEL that computes one. */
const amount = z.union([z.number(), expressionText]);

/** Before the model. */
const refuse = z.strictObject({ ...shared, action: z.literal('refuse'), message: z.string().min(1).max(500) });
const byDefault = z.strictObject({ ...shared, action: z.literal('default'), input: tensorName, value: tensorValue });
const mask = z
  .strictObject({
    ...shared,
    action: z.literal('mask'),
    inputs: z.array(tensorName).min(1).optional(),
    skus: skus.optional(),
  })
  .refine(({ inputs, skus: list }) => inputs || list, { path: ['inputs'], message: 'inputs or skus must be given' });

/** After a model of items. */
const hide = z.strictObject({ ...shared, action: z.literal('hide'), ...chosen });
const minimumScore = z.strictObject({ ...shared, action: z.literal('minimum-score'), score: z.number() });
const cap = z.strictObject({ ...shared, action: z.literal('cap'), items: count, per: identifier.optional() });
const pin = z.strictObject({ ...shared, action: z.literal('pin'), sku, position });
const boost = z.strictObject({ ...shared, action: z.literal('boost'), ...chosen, factor: amount });
const bury = z.strictObject({ ...shared, action: z.literal('bury'), ...chosen });
const quota = z.strictObject({
  ...shared,
  action: z.literal('quota'),
  ...chosen,
  min: z.number().int().min(0).max(1_000).optional(),
  max: z.number().int().min(0).max(1_000).optional(),
  within: count,
});
const diversify = z.strictObject({
  ...shared,
  action: z.literal('diversify'),
  by: identifier,
  gap: z.number().int().min(1).max(100).default(1),
});

/** After a model of numbers and classes. */
const clamp = z.strictObject({
  ...shared,
  action: z.literal('clamp'),
  output: tensorName,
  min: amount.optional(),
  max: amount.optional(),
});
const override = z.strictObject({
  ...shared,
  action: z.literal('override'),
  output: tensorName,
  value: tensorValue,
  reason: z.string().min(1).max(500),
});

const notAbove = (min: unknown, max: unknown) => typeof min !== 'number' || typeof max !== 'number' || min <= max;

export const rule = z.discriminatedUnion('action', [
  /** No answer for this request: a problem with this message. */
  refuse,
  /** The value of an input that the request leaves out. */
  byDefault,
  /** What the model does not see: inputs, which then take their default, or items of the basket. */
  mask,
  /** Items that are never shown. */
  hide.refine((it) => !choosesNone(it), chooses),
  /** Items that score less than this are not shown. Best sellers have no model's score, and pass. */
  minimumScore,
  /** At most so many items; with `per`, so many of each value of that field: two of a brand. */
  cap,
  /** An item at a position, counted from 1, whatever the model says; never one that a rule hides. */
  pin,
  /** Multiplies the score of these items; the list is then ordered by score, equal ones as they were. */
  boost.refine((it) => !choosesNone(it), chooses),
  /** Puts these items last. */
  bury.refine((it) => !choosesNone(it), chooses),
  /** At least `min`, as far as there are any, and at most `max` of these items among the first `within`. */
  quota
    .refine((it) => !choosesNone(it), chooses)
    .refine(({ min, max }) => min !== undefined || max !== undefined, {
      path: ['min'],
      message: 'min or max must be given',
    })
    .refine(({ min, max }) => notAbove(min, max), { path: ['min'], message: 'must not exceed max' })
    .refine(({ min = 0, within }) => min <= within, { path: ['min'], message: 'must not exceed within' }),
  /** Keeps items of one value of a field at least `gap` places apart, as far as there are others to put between. */
  diversify,
  /** Keeps a numeric output within these bounds, both included. */
  clamp
    .refine(({ min, max }) => min !== undefined || max !== undefined, {
      path: ['min'],
      message: 'min or max must be given',
    })
    .refine(({ min, max }) => notAbove(min, max), { path: ['min'], message: 'must not exceed max' }),
  /** Puts another value in an output's place; it must say why. */
  override,
]);

export type Rule = z.infer<typeof rule>;
export type RuleScope = z.infer<typeof when>;
