import { create, toJson } from '@bufbuild/protobuf';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { DriftSchema, ListAlertsResponseSchema } from '@vinaigrette/contracts/monitor';
import { Alerts } from '../../alerts.js';
import { Clock } from '../../clock.js';
import { readAlertsQuery, readDriftQuery } from '../../domain/drift-query.js';
import type { HitRate } from '../../domain/hit-rate.js';
import { ListModels } from '../../list-models.js';
import { ReadDrift } from '../../read-drift.js';
import { ReadPerformance } from '../../read-performance.js';
import { alertMessage, driftMessage } from '../connect/messages.js';

type QueryText = Record<string, unknown>;

/** What the monitor knows, for the console, scripts and curl. Times are milliseconds since the epoch, UTC. */
@Controller('v1')
export class DriftController {
  constructor(
    @Inject(ReadDrift) private readonly drift: ReadDrift,
    @Inject(ReadPerformance) private readonly performance: ReadPerformance,
    @Inject(ListModels) private readonly models: ListModels,
    @Inject(Alerts) private readonly alerts: Alerts,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** `?model=&version=&variant=&segment=` and `window=1h|24h` or `from=&to=`: the contract's Drift as JSON. */
  @Get('drift')
  async getDrift(@Query() query: QueryText) {
    const drift = await this.drift.read(readDriftQuery(query, this.clock.now()));
    // Zeroes and empty lists are written out: a page need not know what the contract leaves out.
    return toJson(DriftSchema, driftMessage(drift), { alwaysEmitImplicit: true });
  }

  /** `?model=`: the contract's alerts as JSON, one a model version. */
  @Get('alerts')
  async listAlerts(@Query() query: QueryText) {
    const alerts = (await this.alerts.list(readAlertsQuery(query))).map(alertMessage);
    const message = create(ListAlertsResponseSchema, { alerts });
    return toJson(ListAlertsResponseSchema, message, { alwaysEmitImplicit: true });
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
