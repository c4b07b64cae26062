import { Controller, Get, Header, Inject } from '@nestjs/common';
import { Problem } from '@vinaigrette/problems';
import { Clock } from '../../clock.js';
import { MonitorMetrics } from '../../metrics.js';
import { ModelVersions } from '../../model-versions.js';
import { Pulses } from '../../pulses.js';

@Controller()
export class HealthController {
  constructor(
    @Inject(ModelVersions) private readonly versions: ModelVersions,
    @Inject(MonitorMetrics) private readonly metrics: MonitorMetrics,
    @Inject(Pulses) private readonly pulses: Pulses,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** The process answers, and all it does in the background goes on; WORK_STALLED when something stands still. */
  @Get('healthz')
  healthz() {
    const stalled = this.pulses.stalled();
    if (stalled.length === 0) return { status: 'ok' };
    const told = stalled.map(({ loop, seconds }) => `${loop} (${seconds} s)`).join(', ');
    throw new Problem('WORK_STALLED', `It stands still: ${told}`);
  }

  /** The database answers too; UPSTREAM_UNAVAILABLE when it does not. The registry and the log may be away. */
  @Get('readyz')
  async readyz() {
    await this.versions.wanted();
    return { status: 'ready' };
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  text(): Promise<string> {
    return this.metrics.text(this.clock.now());
  }
}
