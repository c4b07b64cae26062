import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { context, trace } from '@opentelemetry/api';
import { startTracing } from '../src/index.js';
import { OtlpReceiver } from '../src/receiver.js';

const service = { name: 'oven', version: '1.2.3' };
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';

describe('startTracing()', () => {
  let receiver: OtlpReceiver;
  let before: NodeJS.ProcessEnv;
  beforeEach(async () => {
    before = { ...process.env };
    receiver = await OtlpReceiver.start();
    Object.assign(process.env, receiver.env);
  });
  afterEach(async () => {
    for (const name of Object.keys(receiver.env)) delete process.env[name];
    Object.assign(process.env, before);
    await receiver.stop();
  });
  const start = async (complaints: string[] = []) => {
    const tracing = await startTracing(service, (message) => complaints.push(message));
    if (!tracing) throw new Error('nothing is traced');
    return tracing;
  };

  it('traces nothing without a receiver, or where the SDK is disabled', async () => {
    await expect(startTracing(service, () => undefined, {})).resolves.toBeUndefined();
    const disabled = { ...receiver.env, OTEL_SDK_DISABLED: 'true' };
    await expect(startTracing(service, () => undefined, disabled)).resolves.toBeUndefined();
  });

  it("joins its spans to the caller's, and those it calls to its own", async () => {
    const tracing = await start();
    const caller = tracing.contextOf({ traceparent: `00-${TRACE}-${CALLER}-01` });
    const span = tracing.tracer.startSpan('bake', { attributes: { loaves: 3, flour: 'rye' } }, caller);
    const own = trace.setSpan(caller, span);
    const onwards = tracing.headersOf(own);
    expect(onwards).toEqual({ traceparent: `00-${TRACE}-${span.spanContext().spanId}-01` });
    await context.with(own, async () => {
      await Promise.resolve();
      expect(trace.getActiveSpan()).toBe(span); // what a promise leads to is still within
    });
    span.end();
    await tracing.stop();
    expect(receiver.spans).toMatchObject([
      { service: 'oven', traceId: TRACE, parentSpanId: CALLER, name: 'bake', attributes: { loaves: 3, flour: 'rye' } },
    ]);
  });

  it.each([
    { headers: {}, what: 'no header' },
    { headers: { traceparent: 'nonsense' }, what: 'a header that is none' },
    { headers: { traceparent: `00-${'0'.repeat(32)}-${CALLER}-01` }, what: 'an id of zeros' },
  ])('begins a trace of its own at $what', async ({ headers }) => {
    const tracing = await start();
    tracing.tracer.startSpan('bake', {}, tracing.contextOf(headers)).end();
    await tracing.stop();
    expect(receiver.spans).toMatchObject([{ parentSpanId: '' }]);
  });

  it('records nothing that the caller chose not to', async () => {
    const tracing = await start();
    const caller = tracing.contextOf({ traceparent: `00-${TRACE}-${CALLER}-00` });
    tracing.tracer.startSpan('bake', {}, caller).end();
    await tracing.stop();
    expect(receiver.spans).toEqual([]);
  });

  it('complains of a receiver that is away, and ends all the same', async () => {
    process.env['OTEL_EXPORTER_OTLP_TIMEOUT'] = '200';
    const complaints: string[] = [];
    const tracing = await start(complaints);
    await receiver.stop();
    tracing.tracer.startSpan('bake').end();
    while (complaints.length === 0) await new Promise((done) => setTimeout(done, 20));
    await tracing.stop();
    delete process.env['OTEL_EXPORTER_OTLP_TIMEOUT'];
    receiver = await OtlpReceiver.start(); // for the farewell
  }, 60_000);
});
