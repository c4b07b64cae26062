import {
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { Problem, ProblemKind } from '@vinaigrette/problems';
import type { Tracing } from '@vinaigrette/tracing';
import type { Version } from '../../domain/plan-versions.js';
import { Traces, type CallerHeaders, type InferenceTrace, type RunTimes } from '../../traces.js';

/** Failures that are the server's, and not for the caller to mend. */
const ownFaults: ReadonlySet<ProblemKind> = new Set(['unavailable', 'exhausted', 'timeout', 'internal']);

/**
 * Three spans an inference: `infer`, from its message to its answer, the caller's child; below it `queue`, its wait, and
 * `compute`, the run it was joined into.
 */
export class OtlpTraces extends Traces {
  constructor(private readonly tracing: Tracing) {
    super();
  }

  override begin(caller: CallerHeaders): InferenceTrace {
    const { tracer } = this.tracing;
    const parent = this.tracing.contextOf(caller);
    const startTime = Date.now();
    const span = tracer.startSpan('infer', { kind: SpanKind.SERVER, startTime }, parent);
    return new InferenceSpans(tracer, span, trace.setSpan(parent, span), startTime - performance.now());
  }
}

class InferenceSpans implements InferenceTrace {
  private attributes: Attributes = {};

  constructor(
    private readonly tracer: Tracer,
    private readonly span: Span,
    private readonly within: Context,
    /** From the clock of performance.now() to milliseconds since the epoch: one for all times of a trace. */
    private readonly epochMs: number,
  ) {}

  found({ model, number }: Version, name: string): void {
    this.attributes = { 'vinaigrette.model': model, 'vinaigrette.version': number };
    this.span.setAttributes({ ...this.attributes, 'vinaigrette.version_asked': name });
  }

  ran({ queuedMs, startedMs, endedMs, runRows }: RunTimes): void {
    const { attributes } = this;
    this.add('queue', queuedMs, startedMs, attributes);
    this.add('compute', startedMs, endedMs, { ...attributes, 'vinaigrette.run_rows': runRows });
  }

  ended(problem?: Problem): void {
    if (problem) {
      this.span.setAttribute('error.type', problem.code);
      if (ownFaults.has(problem.kind)) this.span.setStatus({ code: SpanStatusCode.ERROR, message: problem.message });
    }
    this.span.end(this.epochMs + performance.now());
  }

  private add(name: string, fromMs: number, toMs: number, attributes: Attributes): void {
    this.tracer.startSpan(name, { startTime: this.epochMs + fromMs, attributes }, this.within).end(this.epochMs + toMs);
  }
}
