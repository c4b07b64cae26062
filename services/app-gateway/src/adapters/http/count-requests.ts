import type { FastifyInstance } from 'fastify';
import type { PrometheusMeters } from '../metrics/prometheus-meters.js';

export interface Requests {
  /** Requests that are being answered. */
  underWay(): number;
  /** Takes no new connection; resolves when nothing is under way any more. */
  drained(): Promise<void>;
}

/** Counts and times every answer, and knows how many are under way. */
export function countRequests(server: FastifyInstance, meters: PrometheusMeters): Requests {
  let underWay = 0;
  let idle: (() => void) | undefined;
  server.addHook('onRequest', (_request, reply, next) => {
    underWay += 1;
    if (idle) reply.header('connection', 'close');
    next();
  });
  server.addHook('onResponse', (request, reply, next) => {
    underWay -= 1;
    // The route's pattern, not the URL: an URL that nobody serves would be a label of its own.
    meters.answered(request.routeOptions.url ?? 'unknown', reply.statusCode, reply.elapsedTime);
    if (underWay === 0) idle?.();
    next();
  });
  return {
    underWay: () => underWay,
    drained: () =>
      new Promise((resolve) => {
        idle = resolve;
        server.server.close(); // no new connection, and idle ones end; those with a request under way stay
        if (underWay === 0) resolve();
      }),
  };
}
