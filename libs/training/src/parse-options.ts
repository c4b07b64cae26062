import { Problem } from '@vinaigrette/problems';
import type { z } from 'zod';

/** Fills in what is left open. Throws TRAINING_OPTION_INVALID naming the first option that is wrong or unknown. */
export function parseOptions<Schema extends z.ZodType>(schema: Schema, options: z.input<Schema>): z.output<Schema> {
  const { data, error } = schema.safeParse(options);
  if (!error) return data;
  const [issue] = error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const [field = ''] = issue.keys;
    throw new Problem('TRAINING_OPTION_INVALID', `There is no option ${field}`, { field });
  }
  const field = issue?.path.join('.') ?? '';
  throw new Problem('TRAINING_OPTION_INVALID', `${field}: ${issue?.message ?? 'not a value'}`, { field });
}
