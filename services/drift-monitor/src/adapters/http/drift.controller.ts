import { create, toJson } from '@bufbuild/protobuf';
import { Body, Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import {
  DriftMapSchema,
  DriftSchema,
  ListAlertsResponseSchema,
  RejudgeDriftResponseSchema,
} from '@vinaigrette/contracts/monitor';
import { Alerts } from '../../alerts.js';
import { Clock } from '../../clock.js';
import { readAlertsQuery, readBy, readDriftQuery, readRejudgement } from '../../domain/drift-query.js';
import type { HitRate } from '../../domain/hit-rate.js';
import { ListModels } from '../../list-models.js';
import { Looks, LOOKS_MAX } from '../../looks.js';
import { ReadDriftMap } from '../../read-drift-map.js';
import { ReadDrift } from '../../read-drift.js';
import { ReadPerformance } from '../../read-performance.js';
import { RejudgeDrift } from '../../rejudge-drift.js';
import { alertMessage, driftMapMessage, driftMessage, rejudgeMessage } from '../connect/messages.js';

type QueryText = Record<string, unknown>;

/** What the monitor knows, for the console, scripts and curl. Times are milliseconds since the epoch, UTC. */
@Controller('v1')
export class DriftController {
  constructor(
    @Inject(ReadDrift) private readonly drift: ReadDrift,
    @Inject(ReadDriftMap) private readonly map: ReadDriftMap,
    @Inject(RejudgeDrift) private readonly rejudge: RejudgeDrift,
    @Inject(ReadPerformance) private readonly performance: ReadPerformance,
    @Inject(ListModels) private readonly models: ListModels,
    @Inject(Looks) private readonly looks: Looks,
    @Inject(Alerts) private readonly alerts: Alerts,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * `?model=&version=&variant=&segment=`, `window=1h|24h` or `from=&to=`, and `against=baseline|last-week|champion`: the
   * contract's Drift as JSON.
   */
  @Get('drift')
  async getDrift(@Query() query: QueryText) {
    const drift = await this.drift.read(readDriftQuery(query, this.clock.now()));
    // Zeroes and empty lists are written out: a page need not know what the contract leaves out.
    return toJson(DriftSchema, driftMessage(drift), { alwaysEmitImplicit: true });
  }

  /** The parameters of `drift` but `against`, and `by=time|segment`: the contract's DriftMap as JSON. */
  @Get('drift/map')
  async getDriftMap(@Query() { by, ...query }: QueryText) {
    const map = await this.map.read(readDriftQuery(query, this.clock.now()), readBy(by));
    return toJson(DriftMapSchema, driftMapMessage(map), { alwaysEmitImplicit: true });
  }

  /** `?model=&version=&from=&to=` and a drift-policy document as the body: the pages it would have sent. */
  @Post('drift/rejudge')
  @HttpCode(200)
  async rejudgeDrift(@Query() query: QueryText, @Body() body: unknown) {
    const { selection, range, policy } = readRejudgement(query, JSON.stringify(body ?? {}), this.clock.now());
    const rejudged = rejudgeMessage(await this.rejudge.run(selection, range, policy));
    return toJson(RejudgeDriftResponseSchema, rejudged, { alwaysEmitImplicit: true });
  }

  /** `?model=`: the contract's alerts as JSON, one a model version. */
  @Get('alerts')
  async listAlerts(@Query() query: QueryText) {
    const alerts = (await this.alerts.list(readAlertsQuery(query))).map(alertMessage);
    const message = create(ListAlertsResponseSchema, { alerts });
    return toJson(ListAlertsResponseSchema, message, { alwaysEmitImplicit: true });
  }

  /** `?model=&version=` and the window or range they end in: every look as it was issued, and issued again. */
  @Get('looks')
  async listLooks(@Query() query: QueryText) {
    const { selection, range } = readDriftQuery(query, this.clock.now());
    const version = await this.drift.versionOf(selection);
    return {
      model: selection.model,
      version,
      looks: await this.looks.list({ ...selection, version }, range, LOOKS_MAX),
    };
  }

  /** `?model=`: the last look at each variant, and at each version beside last week and the champion. */
  @Get('comparisons')
  async listComparisons(@Query() query: QueryText) {
    return { comparisons: await this.looks.comparisons(readAlertsQuery(query)) };
  }

  /** The parameters of `drift`: hits among the first five shown, of predictions made in the range. */
  @Get('performance')
  async getPerformance(@Query() query: QueryText) {
    const { selection, range, answered, fallback } = await this.performance.read(
      readDriftQuery(query, this.clock.now()),
    );
    return { ...selection, ...range, ...(answered satisfies HitRate), fallback };
  }

  @Get('models')
  async listModels() {
    return { models: await this.models.list() };
  }
}
