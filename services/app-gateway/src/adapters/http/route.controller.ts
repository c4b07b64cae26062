import { Controller, Get, Query } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Problem } from '@vinaigrette/problems';
import type { RouteExplained } from '../../domain/explain-route.js';
import { ExplainRoute } from '../../explain-route.js';

/** For who runs a rollout, not for shops. */
@ApiExcludeController()
@Controller('v1/route')
export class RouteController {
  constructor(private readonly routes: ExplainRoute) {}

  /** `segments`: "dimension=value" each, with commas between. */
  @Get()
  explain(
    @Query('useCase') useCase?: string,
    @Query('unit') unit?: string,
    @Query('segments') segments?: string,
  ): RouteExplained {
    if (!useCase || !unit) {
      throw new Problem('QUERY_INVALID', 'Send useCase and unit', { field: useCase ? 'unit' : 'useCase' });
    }
    return this.routes.answer({ useCase, unit, segments: segments ? segments.split(',') : [] });
  }
}
