import { z } from 'zod';
import { tensorName } from './fields.js';

/** A path of its own: lower case, and none that the gateway answers itself. */
const path = z
  .string()
  .regex(/^(\/[a-z0-9][a-z0-9_-]{0,63}){1,4}$/, 'must be a path such as /predict, of a-z, 0-9, - and _')
  .refine(
    (text) => !/^\/(v1|docs|openapi|healthz|readyz|metrics|shop)(\/|$)/.test(text),
    'belongs to the gateway itself',
  );

/**
 * An address at which a use case answers. `json`: an object of inputs in, the output alone out. `form`: GET shows an HTML
 * form of the inputs, POST takes it and answers a page with `sentence`, in which {value} stands for the output.
 */
export const route = z.discriminatedUnion('accepts', [
  z.strictObject({ path, accepts: z.literal('json'), output: tensorName }),
  z.strictObject({
    path,
    accepts: z.literal('form'),
    output: tensorName,
    title: z.string().min(1).max(200),
    sentence: z.string().max(500).includes('{value}'),
    /** Digits after the decimal point. */
    decimals: z.number().int().min(0).max(6).default(0),
  }),
]);

export type Route = z.infer<typeof route>;
