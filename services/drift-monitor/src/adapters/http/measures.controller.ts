import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { Problem } from '@vinaigrette/problems';
import { Actions } from '../../actions.js';
import { Clock } from '../../clock.js';
import { readAlertsQuery, readDriftQuery } from '../../domain/drift-query.js';
import { readLabels, readMost } from '../../domain/label.js';
import { HideRule } from '../../hide-rule.js';
import { Labels } from '../../labels.js';
import { ReadDrift } from '../../read-drift.js';
import { ReadMeasures } from '../../read-measures.js';

type QueryText = Record<string, unknown>;

/** How right models were, what they earn, and what was done about it. The parameters are those of `drift`. */
@Controller('v1')
export class MeasuresController {
  constructor(
    @Inject(ReadMeasures) private readonly read: ReadMeasures,
    @Inject(ReadDrift) private readonly drift: ReadDrift,
    @Inject(Actions) private readonly actions: Actions,
    @Inject(HideRule) private readonly hideRule: HideRule,
    @Inject(Labels) private readonly labels: Labels,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  @Get('measures')
  getMeasures(@Query() query: QueryText) {
    return this.read.measures(this.question(query));
  }

  @Get('kpis')
  getKpis(@Query() query: QueryText) {
    return this.read.kpisOf(this.question(query));
  }

  /** Also `kpi=NAME`. */
  @Get('worth')
  getWorth(@Query() { kpi, ...query }: QueryText) {
    return this.read.worth(this.question(query), kpi);
  }

  @Get('rules')
  getRules(@Query() query: QueryText) {
    return this.read.rules(this.question(query));
  }

  /** `?model=&version=`, the rule's place in rules.json, and `{"reason": ..., "ruleSet": ...}` as the body. */
  @Post('rules/:rule/hide')
  @HttpCode(200)
  async hide(@Param('rule') rule: string, @Query() query: QueryText, @Body() body: unknown) {
    const { selection } = this.question(query);
    const { reason = '', ruleSet = '' } = (body ?? {}) as Record<string, unknown>;
    if (!/^\d{1,9}$/.test(rule)) throw new Problem('QUERY_INVALID', `rule: ${rule.slice(0, 64)} is no place of a rule`);
    const version = await this.drift.versionOf(selection);
    return this.hideRule.run(selection.model, version, Number(rule), {
      reason: String(reason),
      ruleSet: String(ruleSet),
    });
  }

  /** Also `most=`: predictions whose truth would teach most. */
  @Get('labels')
  async listLabelCandidates(@Query() { most, ...query }: QueryText) {
    return { candidates: await this.labels.candidates(this.question(query), readMost(most)) };
  }

  /** `{"labels": [{"predictionId", "number" or "text", "labelledAtMs"}], "source": "..."}`. */
  @Post('labels')
  @HttpCode(200)
  importLabels(@Body() body: unknown) {
    return this.labels.take(readLabels(body));
  }

  /** `?model=`: what was decided, why, and what came of it. */
  @Get('actions')
  async listActions(@Query() query: QueryText) {
    return { actions: await this.actions.list(readAlertsQuery(query)) };
  }

  private question(query: QueryText) {
    return readDriftQuery(query, this.clock.now());
  }
}
