import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Metadata, type Client } from '@grpc/grpc-js';
import { OtlpReceiver, type ReceivedSpan } from '@vinaigrette/tracing/receiver';
import { RunningServer, Repository, infer, until, type InferInit } from './running-server.js';
import { adder, adderGolden } from './tiny-models.js';

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
