import { z } from 'zod';

/** How models, documents, tensors' owners and rules are called. */
export const name = z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be 1 to 64 of a-z, 0-9 and -');

export const alias = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must begin with a letter: at most 64 of a-z, 0-9, -');

/** Most characters of a SKU. */
export const SKU_LENGTH_MAX = 64;

export const sku = z.string().min(1).max(SKU_LENGTH_MAX);

/** Where in the shop a recommendation is shown. */
export const moments = ['product', 'cart', 'checkout', 'post_purchase'] as const;

export type Moment = (typeof moments)[number];

/** What can become of a prediction. */
export const outcomeKinds = ['clicked', 'added-to-cart', 'purchased', 'rating', 'label'] as const;

export type OutcomeKind = (typeof outcomeKinds)[number];

/** Tensors are called by whoever trained the model. */
export const tensorName = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => text !== '__proto__', 'cannot be the name of a field');

/** Most characters of a market's or a channel's name. */
export const SCOPE_NAME_LENGTH_MAX = 64;

/** A market or a sales channel, as the shop calls it: "de", "web". */
export const scopeName = z.string().min(1).max(SCOPE_NAME_LENGTH_MAX);

const scalar = z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]);

/** A tensor's value of one row as JSON writes it: one value, or a list of them. null is a missing number. */
export const tensorValue = z.union([scalar, z.array(scalar).max(10_000)]);

export type TensorValue = z.infer<typeof tensorValue>;
