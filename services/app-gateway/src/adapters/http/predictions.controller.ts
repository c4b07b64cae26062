import { Controller, Headers, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Predict, type PredictionAnswer } from '../../predict.js';
import { eachOf, type BatchAnswers } from './batch.js';
import { CheckedBody } from './body.js';
import { EventTimes, TakesToken, TOKEN_HEADER } from './event-time.js';
import { Answers } from './openapi.js';
import { prediction, predictionRequest, predictionAnswers, predictionBatch } from './schemas.js';

@ApiTags('predictions')
@Controller('v1/predictions')
export class PredictionsController {
  constructor(
    private readonly predict: Predict,
    private readonly eventTimes: EventTimes,
  ) {}

  @Post(':useCase')
  @HttpCode(200)
  @ApiOperation({ summary: 'What does the model of this use case say of these inputs?' })
  @TakesToken()
  @Answers(200, prediction, [400, 403, 404, 413, 422, 503, 504])
  async answer(
    @Param('useCase') useCase: string,
    @CheckedBody(predictionRequest) { occurredAt, ...request }: z.infer<typeof predictionRequest>,
    @Headers(TOKEN_HEADER) token?: string,
  ): Promise<PredictionAnswer> {
    return this.predict.answer(useCase, { ...request, occurredAtMs: this.eventTimes.read(occurredAt, token) });
  }

  @Post(':useCase/batch')
  @HttpCode(200)
  @ApiOperation({ summary: 'The same, of up to 100 requests at once: each has an answer or a problem of its own' })
  @TakesToken()
  @Answers(200, predictionAnswers, [400, 403, 413, 422])
  answers(
    @Param('useCase') useCase: string,
    @CheckedBody(predictionBatch) { requests }: { requests: z.infer<typeof predictionRequest>[] },
    @Headers(TOKEN_HEADER) token?: string,
  ): Promise<BatchAnswers<PredictionAnswer>> {
    return eachOf(requests, (request) => this.answer(useCase, request, token));
  }
}
