import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import { firstFault, LIMIT_MAX, moments } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import { RECOMMENDATIONS, type Recommendation } from '../../recommend.js';
import { RecommendPrecomputed } from '../../recommend-precomputed.js';
import { Answers } from './openapi.js';
import { customerQuery, recommendation, UNIT_LENGTH_MAX } from './schemas.js';

@ApiTags('recommendations')
@Controller('v1/customers')
export class CustomersController {
  constructor(private readonly recommend: RecommendPrecomputed) {}

  @Get(':id/recommendations')
  @ApiOperation({ summary: 'What a batch has answered for this customer, by the rules of now' })
  @ApiParam({ name: 'id', schema: { type: 'string', minLength: 1, maxLength: UNIT_LENGTH_MAX } })
  @ApiQuery({
    name: 'useCase',
    required: false,
    description: `The document whose table of answers is read; absent: ${RECOMMENDATIONS}`,
    schema: { type: 'string', minLength: 1, maxLength: 64 },
  })
  @ApiQuery({ name: 'limit', required: false, schema: { type: 'integer', minimum: 1, maximum: LIMIT_MAX } })
  @ApiQuery({ name: 'moment', required: false, schema: { type: 'string', enum: [...moments] } })
  @ApiQuery({ name: 'market', required: false, schema: { type: 'string', minLength: 1, maxLength: 64 } })
  @ApiQuery({ name: 'channel', required: false, schema: { type: 'string', minLength: 1, maxLength: 64 } })
  @Answers(200, recommendation, [403, 404, 422, 503])
  answer(@Param('id') id: string, @Query() query: unknown): Promise<Recommendation> {
    const { data, error } = customerQuery.safeParse({ ...(query as object), id });
    if (error) {
      const { field, message } = firstFault(error.issues);
      throw new Problem('QUERY_INVALID', `${field}: ${message}`, { field });
    }
    const { limit, useCase = RECOMMENDATIONS, id: customer, ...context } = data;
    return this.recommend.answer(useCase, customer, { limit, context });
  }
}
