import { Controller, Headers, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { RecordOutcome } from '../../record-outcome.js';
import { CheckedBody } from './body.js';
import { EventTimes, TOKEN_HEADER } from './event-time.js';
import { Answers } from './openapi.js';
import { feedbackRequest, feedbackTaken } from './schemas.js';

@ApiTags('feedback')
@Controller('v1/feedback')
export class FeedbackController {
  constructor(
    private readonly outcomes: RecordOutcome,
    private readonly eventTimes: EventTimes,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({ summary: 'What became of a prediction: clicked, purchased, or the truth' })
  @Answers(202, feedbackTaken, [400, 403, 413, 422])
  take(
    @CheckedBody(feedbackRequest) { occurredAt, ...feedback }: z.infer<typeof feedbackRequest>,
    @Headers(TOKEN_HEADER) token?: string,
  ): { outcomeId: string } {
    return this.outcomes.record({ ...feedback, occurredAtMs: this.eventTimes.read(occurredAt, token) });
  }
}
