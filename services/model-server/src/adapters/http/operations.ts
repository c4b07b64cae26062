import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import fastify, { type FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { installProblemAnswers, type Logger, type ServerTls } from '@vinaigrette/edge';
import type { ServeWanted } from '../../serve-wanted.js';
import type { InferFront } from './infer-front.js';

/** How long a connection may rest between two requests. */
const KEEP_ALIVE_MS = 72_000;

/** The HTTP side for those who operate the server: /healthz, /readyz, /metrics; in front of it, inferences. */
export function createOperations(
  models: ServeWanted,
  metrics: { metrics(): Promise<string> },
  is: { ready(): boolean; draining(): boolean },
  front: InferFront,
  logger: Logger,
  tls?: ServerTls,
): FastifyInstance {
  const http: FastifyInstance = fastify({
    forceCloseConnections: 'idle',
    serverFactory: (others) => {
      const listener: RequestListener = (request, response) => {
        if (!front.take(request, response)) others(request, response);
      };
      const server = tls ? createTlsServer(tls, listener) : createServer(listener);
      server.keepAliveTimeout = KEEP_ALIVE_MS;
      return server;
    },
  });
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
