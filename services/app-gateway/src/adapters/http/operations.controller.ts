import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ConfigurationInForce } from '../../configuration-in-force.js';
import { PrometheusMeters } from '../metrics/prometheus-meters.js';

/** What a supervisor, an orchestrator and Prometheus ask. */
@ApiExcludeController()
@Controller()
export class OperationsController {
  constructor(
    private readonly configuration: ConfigurationInForce,
    private readonly meters: PrometheusMeters,
  ) {}

  @Get('healthz')
  health() {
    return { status: 'ok' };
  }

  /** Ready once one use case can be answered; the registry may be away. */
  @Get('readyz')
  ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const { current, faults, registryConnected } = this.configuration;
    const useCases = [...(current?.useCases.values() ?? [])].map(({ name, version, ruleSet, wanted }) => ({
      name,
      version,
      ruleSet: ruleSet ? { name: ruleSet.name, version: ruleSet.version } : null,
      model: { name: wanted.model, version: wanted.version, bestSellers: wanted.bestSellers.length },
    }));
    const missing = !current
      ? ['a configuration: no registry was heard and no last good copy is on disk']
      : useCases.length === 0
        ? ['a use case: the registry names none that can be answered']
        : [];
    reply.status(missing.length === 0 ? 200 : 503);
    return {
      ready: missing.length === 0,
      missing,
      registryConnected,
      revision: Number(current?.revision ?? 0n),
      useCases,
      faults,
    };
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  metrics(): Promise<string> {
    return this.meters.text();
  }
}
