import type { Context, Tracer } from '@opentelemetry/api';

/** Headers of a request or the metadata of a call, by lower-case name. */
export type Headers = Readonly<Record<string, unknown>>;

/** The spans of one process, on their way to an OTLP receiver. */
export interface Tracing {
  readonly tracer: Tracer;
  /** The span a request comes from, as its W3C `traceparent` says; without one the request begins a trace. */
  contextOf(headers: Headers): Context;
  /** The headers by which whoever is called joins its spans to those of the context. */
  headersOf(context: Context): Record<string, string>;
  /** Sends what is left, and waits for that a moment only. */
  stop(): Promise<void>;
}

/**
 * Begins to trace when `OTEL_EXPORTER_OTLP_ENDPOINT` (or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`) names a receiver, by OTLP
 * over HTTP in protobuf. Undefined when it does not, or `OTEL_SDK_DISABLED` is true: then nothing of OpenTelemetry's SDK
 * is even loaded. Its other variables hold as it documents them: `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`,
 * `OTEL_TRACES_SAMPLER`, `OTEL_BSP_*`, `OTEL_EXPORTER_OTLP_HEADERS` and so on. `complain` hears of spans that cannot be
 * sent; they are dropped.
 */
export async function startTracing(
  service: { name: string; version?: string },
  complain: (message: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Tracing | undefined> {
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (!endpoint || env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return undefined;
  const { OtlpTracing } = await import('./otlp-tracing.js');
  return new OtlpTracing(service, complain);
}
