import fastify, { type FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { installProblemAnswers, type Logger, type ServerTls } from '@vinaigrette/edge';
import type { ServeWanted } from '../../serve-wanted.js';

/** The HTTP side for those who operate the server: /healthz, /readyz, /metrics. */
export function createOperations(
  models: ServeWanted,
  metrics: { metrics(): Promise<string> },
  is: { ready(): boolean; draining(): boolean },
  logger: Logger,
  tls?: ServerTls,
): FastifyInstance {
  const http: FastifyInstance = fastify({ forceCloseConnections: 'idle', ...(tls && { https: tls }) });
  installProblemAnswers(http, logger);
  http.get('/healthz', () => ({ alive: true }));
  http.get('/readyz', (_request, reply) => {
    const ready = is.ready();
    return reply.status(ready ? 200 : 503).send({ ready, draining: is.draining(), models: models.models() });
  });
  http.get('/metrics', async (_request, reply) =>
    reply.type(Registry.PROMETHEUS_CONTENT_TYPE).send(await metrics.metrics()),
  );
  return http;
}
