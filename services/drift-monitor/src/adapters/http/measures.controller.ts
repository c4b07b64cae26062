import { Controller, Get, Inject, Query } from '@nestjs/common';
import { Problem } from '@vinaigrette/problems';
import { Actions } from '../../actions.js';
import { Clock } from '../../clock.js';
import { readAlertsQuery, readDriftQuery } from '../../domain/drift-query.js';
import { MeasureKpis } from '../../measure-kpis.js';
import { MeasurePerformance } from '../../measure-performance.js';
import { ReadDrift } from '../../read-drift.js';
import { ReadRuleDecay } from '../../read-rule-decay.js';
import { WantedNow } from '../../wanted-now.js';

type QueryText = Record<string, unknown>;

/** How models without a `performance` document are measured: by what was clicked or bought of what was shown. */
const byDefault = { task: { kind: 'ranking', kinds: ['clicked', 'purchased'] }, maturityMs: 86_400_000 } as const;

/** How right models were, what they earn, and what the monitor did about it. The parameters are those of `drift`. */
@Controller('v1')
export class MeasuresController {
  constructor(
    @Inject(MeasurePerformance) private readonly performance: MeasurePerformance,
    @Inject(MeasureKpis) private readonly kpis: MeasureKpis,
    @Inject(WantedNow) private readonly wanted: WantedNow,
    @Inject(ReadDrift) private readonly drift: ReadDrift,
    @Inject(Actions) private readonly actions: Actions,
    @Inject(ReadRuleDecay) private readonly rules: ReadRuleDecay,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Every measure of the model's task with its 95 % interval, coverage and maturity. */
  @Get('measures')
  async getMeasures(@Query() query: QueryText) {
    const { selection, range } = await this.read(query);
    const document = this.wanted.documents('performance').find(({ body }) => body.model === selection.model);
    const { task, maturityMs } = document?.body ?? byDefault;
    const kinds = 'kinds' in task ? { ...task, kinds: [...task.kinds] } : task;
    const measured = await this.performance.measure({ task: kinds, maturityMs }, selection, range);
    return { ...selection, ...range, document: document ? `${document.name} ${document.version}` : '', ...measured };
  }

  /** Every KPI of the model, by its definition of now. */
  @Get('kpis')
  async getKpis(@Query() query: QueryText) {
    const { selection, range } = await this.read(query);
    const found = this.wanted.documents('kpi').filter(({ body }) => body.model === selection.model);
    const kpis = [];
    for (const { name, version, body } of found) {
      kpis.push({ kpi: name, kpiVersion: version, ...(await this.kpis.measure(body, selection, range)) });
    }
    return { ...selection, ...range, kpis };
  }

  /** Also `kpi=NAME`: what the model earns beside the holdout, per 1,000 predictions. */
  @Get('worth')
  async getWorth(@Query() { kpi, ...query }: QueryText) {
    const { selection, range } = await this.read(query);
    const found = this.wanted.documents('kpi').filter(({ body }) => body.model === selection.model);
    const document = found.find(({ name }) => name === kpi) ?? (kpi === undefined ? found[0] : undefined);
    if (!document) {
      throw new Problem('DOCUMENT_NOT_FOUND', `There is no kpi of ${selection.model} in force by that name`, {
        field: 'kpi',
      });
    }
    const worth = await this.kpis.worth(document.body, selection, range);
    const { value, low, high } = worth.per1000;
    const says =
      value === null || low === null || high === null
        ? 'Not known: it takes answers of the model and of a holdout'
        : `${selection.model} ${selection.version} earns ${figure(value)} (${figure(low)} to ${figure(high)}, 95 %) ${document.name} per 1,000 predictions more than the holdout`;
    return { ...selection, ...range, kpi: document.name, kpiVersion: document.version, ...worth, says };
  }

  /** Whether each served association rule still holds, counted from baskets alone; ask for a week or more. */
  @Get('rules')
  async getRules(@Query() query: QueryText) {
    const { selection, range } = await this.read(query);
    const { model, version } = selection;
    return { model, version, ...range, ...(await this.rules.read(model, version, range)) };
  }

  /** `?model=`: what was decided, why, and what came of it. */
  @Get('actions')
  async listActions(@Query() query: QueryText) {
    return { actions: await this.actions.list(readAlertsQuery(query)) };
  }

  private async read(query: QueryText) {
    const { selection, range } = readDriftQuery(query, this.clock.now());
    return { selection: { ...selection, version: await this.drift.versionOf(selection) }, range };
  }
}

const figure = (value: number): string => String(Number(value.toPrecision(4)));
