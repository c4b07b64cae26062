import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { TestRules, type RulesTested } from '../../test-rules.js';
import { CheckedBody } from './body.js';
import { Answers } from './openapi.js';
import { rulesTested, rulesTestRequest } from './schemas.js';

@ApiTags('rules')
@Controller('v1/rules')
export class RulesController {
  constructor(private readonly rules: TestRules) {}

  @Post('test')
  @HttpCode(200)
  @ApiOperation({ summary: 'Which rules would fire for this request, in which order, and what would each change?' })
  @Answers(200, rulesTested, [400, 403, 404, 413, 422, 503])
  test(@CheckedBody(rulesTestRequest) { at, ...test }: z.infer<typeof rulesTestRequest>): Promise<RulesTested> {
    return this.rules.test({ ...test, nowMs: at === undefined ? Date.now() : Date.parse(at) });
  }
}
