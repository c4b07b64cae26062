import { setTimeout as pause } from 'node:timers/promises';
import {
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  diag,
  propagation,
  ROOT_CONTEXT,
  trace,
  type Context,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Headers, Tracing } from './start-tracing.js';

/** How long an end may be held up by a receiver that does not answer. */
const STOP_TIMEOUT_MS = 2_000;

const silent = (): void => undefined;

/**
 * OpenTelemetry's SDK, which reads its variables from the environment of the process. One a process: whoever uses the
 * API alone, as the gateway's calls do, finds it there.
 */
export class OtlpTracing implements Tracing {
  readonly tracer;
  private readonly provider: BasicTracerProvider;
  private readonly propagator = new W3CTraceContextPropagator();

  constructor({ name, version }: { name: string; version?: string }, complain: (message: string) => void) {
    diag.setLogger({ error: complain, warn: complain, info: silent, debug: silent, verbose: silent });
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const own = resourceFromAttributes({ 'service.name': name, ...(version && { 'service.version': version }) });
    this.provider = new BasicTracerProvider({
      resource: defaultResource()
        .merge(own)
        .merge(detectResources({ detectors: [envDetector] })),
      spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
    });
    trace.setGlobalTracerProvider(this.provider);
    propagation.setGlobalPropagator(this.propagator);
    this.tracer = this.provider.getTracer(`@vinaigrette/${name}`, version);
  }

  contextOf(headers: Headers): Context {
    return this.propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
  }

  headersOf(from: Context): Record<string, string> {
    const headers: Record<string, string> = {};
    this.propagator.inject(from, headers, defaultTextMapSetter);
    return headers;
  }

  async stop(): Promise<void> {
    const sent = this.provider.shutdown().catch(silent);
    await Promise.race([sent, pause(STOP_TIMEOUT_MS, undefined, { ref: false })]);
    trace.disable();
    propagation.disable();
    context.disable();
    diag.disable();
  }
}
