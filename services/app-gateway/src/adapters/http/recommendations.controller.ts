import { Controller, Headers, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { RECOMMENDATIONS, Recommend, type Recommendation } from '../../recommend.js';
import { eachOf, type BatchAnswers } from './batch.js';
import { CheckedBody } from './body.js';
import { EventTimes, TakesToken, TOKEN_HEADER } from './event-time.js';
import { Answers } from './openapi.js';
import { recommendation, recommendationRequest, recommendationAnswers, recommendationBatch } from './schemas.js';

@ApiTags('recommendations')
@Controller('v1/recommendations')
export class RecommendationsController {
  constructor(
    private readonly recommend: Recommend,
    private readonly eventTimes: EventTimes,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: `What else might a customer with this basket want? By the use case ${RECOMMENDATIONS}` })
  @TakesToken()
  @Answers(200, recommendation, [400, 403, 413, 422, 503, 504])
  answer(
    @CheckedBody(recommendationRequest) request: z.infer<typeof recommendationRequest>,
    @Headers(TOKEN_HEADER) token?: string,
  ): Promise<Recommendation> {
    return this.answerBy(RECOMMENDATIONS, request, token);
  }

  @Post('batch')
  @HttpCode(200)
  @ApiOperation({ summary: 'The same, of up to 100 requests at once: each has an answer or a problem of its own' })
  @TakesToken()
  @Answers(200, recommendationAnswers, [400, 403, 413, 422])
  answers(
    @CheckedBody(recommendationBatch) batch: z.infer<typeof recommendationBatch>,
    @Headers(TOKEN_HEADER) token?: string,
  ): Promise<BatchAnswers<Recommendation>> {
    return this.answersBy(RECOMMENDATIONS, batch, token);
  }

  @Post(':useCase')
  @HttpCode(200)
  @ApiOperation({ summary: 'What else might a customer with this basket want? By this use case' })
  @TakesToken()
  @Answers(200, recommendation, [400, 403, 404, 413, 422, 503, 504])
  async answerBy(
    @Param('useCase') useCase: string,
    @CheckedBody(recommendationRequest) { occurredAt, ...request }: z.infer<typeof recommendationRequest>,
    @Headers(TOKEN_HEADER) token?: string,
  ): Promise<Recommendation> {
    return this.recommend.answer(useCase, { ...request, occurredAtMs: this.eventTimes.read(occurredAt, token) });
  }

  @Post(':useCase/batch')
  @HttpCode(200)
  @ApiOperation({ summary: 'The same, of up to 100 requests at once: each has an answer or a problem of its own' })
  @TakesToken()
  @Answers(200, recommendationAnswers, [400, 403, 413, 422])
  answersBy(
    @Param('useCase') useCase: string,
    @CheckedBody(recommendationBatch) { requests }: z.infer<typeof recommendationBatch>,
    @Headers(TOKEN_HEADER) token?: string,
  ): Promise<BatchAnswers<Recommendation>> {
    return eachOf(requests, (request) => this.answerBy(useCase, request, token));
  }
}
