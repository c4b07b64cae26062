import { randomBytes } from 'node:crypto';
import { connect } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Metadata, type Client } from '@grpc/grpc-js';
import { OtlpReceiver, type ReceivedSpan } from '@vinaigrette/tracing/receiver';
import { RunningServer, Repository, infer, inferBytes, until, type InferInit } from './running-server.js';
import { adder, adderGolden, turnsOfALoop } from './tiny-models.js';

const CALLER = 'b7ad6b7169203331';
const add: InferInit = {
  modelName: 'adder',
  modelVersion: 'latest',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [2n, 2n], contents: { fp32Contents: [1, 2, 3, 4] } }],
};
const json = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };

describe('traces', () => {
  let receiver: OtlpReceiver;
  let repository: Repository;
  let server: RunningServer;
  let client: Client;

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    repository = await Repository.create();
    await repository.put('adder', 1, { 'model.onnx': adder(1), 'golden.json': adderGolden(1) });
    await repository.put('loop', 1, {
      'model.onnx': turnsOfALoop(),
      'config.json': {
        max_batch_size: 1,
        dynamic_batching: { default_queue_policy: { max_queue_size: 1 } },
        parameters: { isolation: { string_value: 'process' }, run_timeout_ms: { string_value: '3000' } },
      },
    });
    server = await RunningServer.start({ MODEL_REPOSITORY: repository.folder, ...receiver.env });
    client = server.connect();
    await server.untilReady();
  }, 180_000);
  afterAll(async () => {
    await server.stop();
    await receiver.stop();
    await repository.destroy();
  }, 60_000);

  /** The spans of one trace, once its last one has come: `infer` ends after those within it. */
  async function spansOf(traceId: string): Promise<ReceivedSpan[]> {
    const spans = () => receiver.spans.filter((span) => span.traceId === traceId);
    await until('the trace has come', () => spans().some(({ name }) => name === 'infer'));
    return spans();
  }
  const traceparent = (traceId: string) => `00-${traceId}-${CALLER}-01`;

  const ways = {
    gRPC: async (headers: Record<string, string>) => {
      await inferWith(headers, add);
    },
    'gRPC, compressed': async (headers: Record<string, string>) => {
      await inferWith({ ...headers, 'grpc-internal-encoding-request': 'gzip' }, add);
    },
    REST: async (headers: Record<string, string>) => {
      const body = JSON.stringify(json);
      const url = `http://127.0.0.1:${server.http}/v2/models/adder/versions/latest/infer`;
      expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(200);
    },
  };
  const inferWith = (headers: Record<string, string>, init: InferInit) => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    return infer(client, init, metadata);
  };

  it.each([
    { way: 'gRPC' as const, traceId: 'a'.repeat(32), rows: 2 },
    { way: 'gRPC, compressed' as const, traceId: 'b'.repeat(32), rows: 2 },
    { way: 'REST' as const, traceId: 'c'.repeat(32), rows: 1 },
  ])(
    "over $way are joined to the caller's",
    async ({ way, traceId, rows }) => {
      await ways[way]({ traceparent: traceparent(traceId) });
      const [queue, compute, request] = (await spansOf(traceId)) as [ReceivedSpan, ReceivedSpan, ReceivedSpan];
      const who = { 'vinaigrette.model': 'adder', 'vinaigrette.version': 1 };
      expect(request).toMatchObject({ name: 'infer', service: 'model-server', parentSpanId: CALLER, status: 0 });
      expect(request.attributes).toEqual({ ...who, 'vinaigrette.version_asked': 'latest' });
      expect(queue).toMatchObject({ name: 'queue', parentSpanId: request.spanId, attributes: who });
      expect(compute).toMatchObject({ name: 'compute', parentSpanId: request.spanId });
      expect(compute.attributes).toEqual({ ...who, 'vinaigrette.run_rows': rows });
      const times = [request.startNs, queue.startNs, queue.endNs, compute.startNs, compute.endNs, request.endNs];
      expect(times).toEqual([...times].sort((a, b) => Number(a - b)));
    },
    60_000,
  );

  it('begin here when the caller has none', async () => {
    await infer(client, add);
    await until('it has come', () => receiver.spans.some((span) => span.name === 'infer' && span.parentSpanId === ''));
  }, 60_000);

  it('tell what was refused, and call no mistake of the caller an error of ours', async () => {
    const traceId = 'd'.repeat(32);
    await expect(inferWith({ traceparent: traceparent(traceId) }, { modelName: 'adder' })).rejects.toBeDefined();
    const [request] = (await spansOf(traceId)) as [ReceivedSpan];
    expect(request.attributes).toMatchObject({ 'vinaigrette.model': 'adder', 'error.type': 'SIGNATURE_MISMATCH' });
    expect(request.status).toBe(0);
  }, 60_000);

  const malformed = (headers: Record<string, string>) => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    return inferBytes(client, Buffer.from([0x0a, 0x7f]), metadata);
  };
  const post = (model: string, body: Uint8Array | string, headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${server.http}/v2/models/${model}/infer`, { method: 'POST', body, headers });
  const endless: InferInit = {
    modelName: 'loop',
    inputs: [{ name: 'n', datatype: 'INT64', shape: [1n], contents: { int64Contents: [2n ** 50n] } }],
  };
  it.each([
    { what: 'an unknown model', code: 'MODEL_NOT_FOUND', ask: (headers: Record<string, string>) => inferWith(headers, { modelName: 'none' }) }, // prettier-ignore
    { what: 'a message that is none', code: 'MESSAGE_MALFORMED', ask: malformed },
    { what: 'a frame without a message', code: 'MESSAGE_MALFORMED', ask: frameOnly },
    { what: 'a model unknown over REST', code: 'MODEL_NOT_FOUND', ask: (headers: Record<string, string>) => post('none', '{"inputs":[]}', headers) }, // prettier-ignore
    { what: 'a body that is no JSON', code: 'BODY_NOT_JSON', ask: (headers: Record<string, string>) => post('adder', '{', headers) }, // prettier-ignore
    { what: 'a body that is no gzip', code: 'BODY_INVALID', ask: (headers: Record<string, string>) => post('adder', 'x', { ...headers, 'content-encoding': 'gzip' }) }, // prettier-ignore
    { what: 'a header that is no length', code: 'BODY_INVALID', ask: (headers: Record<string, string>) => post('adder', '{}', { ...headers, 'inference-header-content-length': 'x' }) }, // prettier-ignore
    { what: 'a full queue', code: 'QUEUE_FULL', status: 2, ask: (headers: Record<string, string>) => Promise.allSettled(Array.from({ length: 4 }, () => inferWith(headers, endless))) }, // prettier-ignore
  ])(
    'tell of $what',
    async ({ code, ask, status = 0 }) => {
      const traceId = randomBytes(16).toString('hex');
      void Promise.resolve(ask({ traceparent: traceparent(traceId) })).catch(() => undefined);
      const refused = () => receiver.spans.find((span) => span.traceId === traceId && span.attributes['error.type'] === code); // prettier-ignore
      await until('the span of the refusal has come', () => refused() !== undefined);
      expect(refused()).toMatchObject({ name: 'infer', parentSpanId: CALLER, status });
    },
    60_000,
  );

  /** A call whose bytes are not even gRPC's frame around a message. */
  function frameOnly(headers: Record<string, string>): Promise<void> {
    const session = connect(`http://${server.address}`);
    const path = '/inference.GRPCInferenceService/ModelInfer';
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      ...headers,
    });
    return new Promise((over) => {
      stream.on('close', () => {
        session.close();
        over();
      });
      stream.resume();
      stream.end(Buffer.from([0, 0]));
    });
  }

  it('are sent before the process ends', async () => {
    const own = await RunningServer.start({
      MODEL_REPOSITORY: repository.folder,
      ...receiver.env,
      OTEL_BSP_SCHEDULE_DELAY: '1000000',
      OTEL_SERVICE_NAME: 'mine',
    });
    await own.untilReady();
    await infer(own.connect(), add);
    expect(await own.stop()).toBe(0);
    expect(receiver.spans.map(({ service }) => service)).toContain('mine');
  }, 60_000);
});
