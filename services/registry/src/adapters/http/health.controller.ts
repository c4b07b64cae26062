import { Controller, Get, Header } from '@nestjs/common';
import { WantedStates } from '../../wanted-states.js';
import { Metrics } from '../../metrics.js';

@Controller()
export class HealthController {
  constructor(
    private readonly states: WantedStates,
    private readonly metrics: Metrics,
  ) {}

  /** The process answers. */
  @Get('healthz')
  healthz() {
    return { status: 'ok' };
  }

  /** The database answers too; UPSTREAM_UNAVAILABLE when it does not. */
  @Get('readyz')
  async readyz() {
    await this.states.revision();
    return { status: 'ready' };
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  text(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
