import { propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context } from '@opentelemetry/api';
import type { ModelAnswer } from '../../domain/model-answer.js';

const tracer = trace.getTracer('@vinaigrette/app-gateway');

/** What goes with a call besides its message. */
type Headers = Record<string, string>;

const setter = { set: (headers: Headers, name: string, value: string) => void (headers[name] = value) };

/**
 * A call to a model server as a span, whose children the server's own spans become: a child of the first question's
 * span, linked to those of the others that share the call. Where nobody traces it is the call alone.
 */
export async function traced(
  model: string,
  version: string,
  [first = ROOT_CONTEXT, ...others]: readonly Context[],
  call: (headers: Headers) => Promise<ModelAnswer>,
): Promise<ModelAnswer> {
  const headers: Headers = {};
  if (!trace.getSpan(first)) return call(headers);
  const attributes = {
    'vinaigrette.model': model,
    'vinaigrette.version_asked': version,
    'vinaigrette.questions': 1 + others.length,
  };
  const links = others.flatMap((other) => trace.getSpanContext(other) ?? []).map((context) => ({ context }));
  const span = tracer.startSpan('ModelInfer', { kind: SpanKind.CLIENT, attributes, links }, first);
  propagation.inject(trace.setSpan(first, span), headers, setter);
  const answer = await call(headers);
  if (answer.ok) span.setAttribute('vinaigrette.version', answer.version);
  else span.setAttribute('error.type', answer.reason).setStatus({ code: SpanStatusCode.ERROR, message: answer.why });
  span.end();
  return answer;
}
