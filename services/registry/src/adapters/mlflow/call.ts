import { Problem, jsonPath } from '@vinaigrette/problems';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

/** One call of MLflow's REST API: query, path and body together are its request, whatever the method. */
export interface Call {
  methods: readonly ('GET' | 'POST' | 'PATCH' | 'DELETE')[];
  /** Below the prefix, with `:name` for a part of the request. */
  path: string;
  answer(request: unknown): Promise<object>;
}

/** Fields that the schema does not name are ignored, as MLflow's own server ignores them. */
export function call<Schema extends z.ZodObject>(
  route: string,
  schema: Schema,
  answer: (request: z.infer<Schema>) => Promise<object | void>,
): Call {
  const [methods = '', path = ''] = route.split(' ');
  return {
    methods: methods.split('|') as unknown as Call['methods'],
    path,
    async answer(request) {
      const { data, error } = schema.safeParse(request);
      if (error) {
        const [issue] = error.issues;
        const field = jsonPath(issue?.path ?? []);
        throw new Problem('BODY_INVALID', `Invalid value for parameter '${field}': ${issue?.message}`, { field });
      }
      return (await answer(data)) ?? {};
    },
  };
}

export function addCalls(server: FastifyInstance, calls: readonly Call[]): void {
  for (const { methods, path, answer } of calls) {
    server.route({
      method: [...methods],
      url: path,
      handler: ({ query, params, body }) => answer({ ...Object(query), ...Object(body), ...Object(params) }),
    });
  }
}

const WHOLE = /^-?\d{1,16}$/;

export const text = z.string();
export const optionalText = z.string().default('');
/** int64, which protobuf's JSON writes as text; query parameters are text as well. */
export const whole = z.union([z.int(), z.string().regex(WHOLE).transform(Number)]);
export const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')]);
/** A repeated query parameter that is given once is not a list. */
export const texts = z.union([z.array(z.string()), z.string().transform((one) => [one])]);
/** A double; JSON has no word for three of them. */
export const double = z.union([
  z.number(),
  z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number),
  z
    .string()
    .regex(/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/)
    .transform(Number),
]);
export const pairs = z.array(z.object({ key: text, value: optionalText }));
export const pageSize = (initial: number, max: number) =>
  whole.default(initial).refine((size) => size >= 1 && size <= max, { message: `from 1 to ${max}` });
