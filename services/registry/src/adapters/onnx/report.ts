import { z } from 'zod';
import { lineageSchema } from '@vinaigrette/lineage';
import { problems, type ProblemCode } from '@vinaigrette/problems';
import { signatureSchema } from '@vinaigrette/signature';

/** What an inspection sends to the registry: what it found, or what is wrong. */
export const reportSchema = z.union([
  z.strictObject({
    inspection: z.strictObject({
      signature: signatureSchema,
      hasBaseline: z.boolean(),
      lineage: lineageSchema.optional(),
    }),
  }),
  z.strictObject({
    problem: z.strictObject({
      code: z.enum(Object.keys(problems) as [ProblemCode, ...ProblemCode[]]),
      message: z.string(),
      field: z.string().optional(),
    }),
  }),
]);

export type Report = z.infer<typeof reportSchema>;
