import { Controller, Get, Header, Inject } from '@nestjs/common';
import { MonitorMetrics } from '../../metrics.js';
import { ModelVersions } from '../../model-versions.js';

@Controller()
export class HealthController {
  constructor(
    @Inject(ModelVersions) private readonly versions: ModelVersions,
    @Inject(MonitorMetrics) private readonly metrics: MonitorMetrics,
  ) {}

  /** The process answers. */
  @Get('healthz')
  healthz() {
    return { status: 'ok' };
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
    return this.metrics.registry.metrics();
  }
}
