import { context, SpanKind, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Tracing } from '@vinaigrette/tracing';

/** What shops and services ask for; health, metrics and documentation are traced by nobody. */
const TRACED = '/v1/';

/** Each request as a span, a child of the caller's where it sends a `traceparent`; what answers it runs within. */
export function traceRequests(server: FastifyInstance, tracing: Tracing): void {
  const begun = new WeakMap<FastifyRequest, { span: Span; within: Context }>();
  server.addHook('onRequest', (request, _reply, next) => {
    if (request.url.startsWith(TRACED)) {
      const caller = tracing.contextOf(request.headers);
      // The route's pattern: an URL that nobody serves would be a name of its own.
      const route = request.routeOptions.url ?? 'unknown';
      const attributes = { 'http.request.method': request.method, 'http.route': route };
      const span = tracing.tracer.startSpan(
        `${request.method} ${route}`,
        { kind: SpanKind.SERVER, attributes },
        caller,
      );
      begun.set(request, { span, within: trace.setSpan(caller, span) });
    }
    next();
  });
  // Only once the body is read: its stream knows nothing of the request it belongs to.
  server.addHook('preValidation', (request, _reply, next) => {
    const { within = context.active() } = begun.get(request) ?? {};
    context.with(within, next);
  });
  server.addHook('onResponse', (request, { statusCode }, next) => {
    const { span } = begun.get(request) ?? {};
    span?.setAttribute('http.response.status_code', statusCode);
    if (statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
    next();
  });
}
