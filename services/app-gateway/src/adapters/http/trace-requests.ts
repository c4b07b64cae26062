import { context, SpanKind, SpanStatusCode, trace, type Context } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Tracing } from '@vinaigrette/tracing';

/** What shops and services ask for; health, metrics and documentation are traced by nobody. */
const TRACED = '/v1/';

/** Each request as a span, a child of the caller's where it sends a `traceparent`; what answers it runs within. */
export function traceRequests(server: FastifyInstance, { tracer, contextOf }: Tracing): void {
  const spans = new WeakMap<FastifyRequest, Context>();
  server.addHook('onRequest', (request, _reply, next) => {
    if (request.url.startsWith(TRACED)) {
      const caller = contextOf(request.headers);
      // The route's pattern: an URL that nobody serves would be a name of its own.
      const route = request.routeOptions.url ?? 'unknown';
      const attributes = { 'http.request.method': request.method, 'http.route': route };
      const span = tracer.startSpan(`${request.method} ${route}`, { kind: SpanKind.SERVER, attributes }, caller);
      spans.set(request, trace.setSpan(caller, span));
    }
    next();
  });
  // Only once the body is read: its stream knows nothing of the request it belongs to.
  server.addHook('preValidation', (request, _reply, next) => {
    context.with(spans.get(request) ?? context.active(), next);
  });
  server.addHook('onResponse', (request, reply, next) => {
    const span = trace.getSpan(spans.get(request) ?? context.active());
    span?.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
    next();
  });
}
