import { Body, StandardSchemaValidationPipe } from '@nestjs/common';
import { firstFault } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import type { z } from 'zod';

const check = new StandardSchemaValidationPipe({
  exceptionFactory: (issues) => {
    const { field, message } = firstFault(issues);
    return new Problem('BODY_INVALID', `${field || 'The body'}: ${message}`, { field });
  },
});

/** The request's body, checked; throws BODY_INVALID naming the field. */
export const CheckedBody = (schema: z.ZodType) => Body({ schema, pipes: [check] });
