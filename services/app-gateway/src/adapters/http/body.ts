import { Body, StandardSchemaValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import { firstFault } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import type { z } from 'zod';

/** Nest goes through a body by recursion; one nested so deep that this ends the stack is wrong, and no fault of ours. */
class CheckBody extends StandardSchemaValidationPipe {
  override async transform<Value>(value: Value, metadata: ArgumentMetadata): Promise<Value> {
    try {
      return await super.transform(value, metadata);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new Problem('BODY_INVALID', 'The body: lists or objects lie deeper in each other than can be read', {
        cause: error,
      });
    }
  }
}

const check = new CheckBody({
  exceptionFactory: (issues) => {
    const { field, message } = firstFault(issues);
    return new Problem('BODY_INVALID', `${field || 'The body'}: ${message}`, { field });
  },
});

/** The request's body, checked; throws BODY_INVALID naming the field. */
export const CheckedBody = (schema: z.ZodType) => Body({ schema, pipes: [check] });
