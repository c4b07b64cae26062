import { Controller, Headers, HttpCode, Post } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Problem } from '@vinaigrette/problems';
import type { z } from 'zod';
import { RecordOutcome } from '../../record-outcome.js';
import { CheckedBody } from './body.js';
import { EventTimes, TakesToken, TOKEN_HEADER } from './event-time.js';
import { Answers } from './openapi.js';
import { feedbackRequest, feedbackTaken } from './schemas.js';

/** The header that names feedback, so that sending it twice does no harm. */
const KEY_HEADER = 'idempotency-key';
const KEY = /^[\x21-\x7e]{1,256}$/;

@ApiTags('feedback')
@Controller('v1/feedback')
export class FeedbackController {
  constructor(
    private readonly outcomes: RecordOutcome,
    private readonly eventTimes: EventTimes,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({ summary: 'What became of a prediction: clicked, added to the cart, purchased, rated, or the truth' })
  @ApiHeader({
    name: KEY_HEADER,
    required: false,
    description: 'The same feedback sent again with it is taken once',
    schema: { type: 'string', pattern: KEY.source },
  })
  @TakesToken()
  @Answers(202, feedbackTaken, [400, 403, 413, 422])
  take(
    @CheckedBody(feedbackRequest) { occurredAt, ...feedback }: z.infer<typeof feedbackRequest>,
    @Headers(TOKEN_HEADER) token?: string,
    @Headers(KEY_HEADER) key?: string,
  ): { outcomeId: string } {
    if (key !== undefined && !KEY.test(key)) {
      throw new Problem('BODY_INVALID', 'Idempotency-Key must be 1 to 256 visible ASCII characters', {
        field: KEY_HEADER,
      });
    }
    return this.outcomes.record({ ...feedback, key, occurredAtMs: this.eventTimes.read(occurredAt, token) });
  }
}
