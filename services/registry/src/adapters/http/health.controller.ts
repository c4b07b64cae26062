import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Header } from '@nestjs/common';
import { Problem } from '@vinaigrette/problems';
import { WantedStates } from '../../wanted-states.js';
import { Metrics } from '../../metrics.js';

/** A probe that gets no answer tells less than one that says why. */
const READY_WITHIN_MS = 2_000;

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
    const answered = await Promise.race([this.states.revision(), sleep(READY_WITHIN_MS, undefined, { ref: false })]);
    if (answered === undefined) {
      throw new Problem('UPSTREAM_UNAVAILABLE', `PostgreSQL did not answer within ${READY_WITHIN_MS} ms`);
    }
    return { status: 'ready' };
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  text(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
