import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OtlpReceiver, type ReceivedSpan } from '@vinaigrette/tracing/receiver';
import { basketModel, wantedShop } from './shop.js';
import { SmallModelServer } from './small-model-server.js';
import { SmallRegistry } from './small-registry.js';
import { eventually, TestGateway, workspace } from './test-gateway.js';

const CALLER = '00f067aa0ba902b7';

describe('the traces of a gateway', () => {
  const registry = new SmallRegistry();
  const models = new SmallModelServer({ basket: basketModel });
  let receiver: OtlpReceiver;
  let space: Awaited<ReturnType<typeof workspace>>;
  let shop: TestGateway;

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    Object.assign(process.env, receiver.env);
    space = await workspace();
    registry.want(wantedShop(registry));
    shop = await TestGateway.start(space.environment(await registry.listen(), await models.listen()));
    await shop.ready();
  }, 60_000);
  afterAll(async () => {
    await shop.close();
    for (const name of Object.keys(receiver.env)) delete process.env[name];
    await registry.close();
    models.close();
    await receiver.stop();
    await space.remove();
  }, 60_000);

  async function spansOf(traceIds: readonly string[]): Promise<ReceivedSpan[]> {
    const spans = () => receiver.spans.filter(({ traceId }) => traceIds.includes(traceId));
    const all = () => spans().filter(({ name }) => name.startsWith('POST')).length === traceIds.length;
    await eventually(async () => all(), 'every request has come');
    return spans();
  }
  const recommend = (traceId: string, body: object | string = { basket: ['milk'] }) =>
    shop.post('/v1/recommendations', body, { traceparent: `00-${traceId}-${CALLER}-01` });

  it("have a request as the caller's child, and its call to the model server as the request's", async () => {
    const traceId = 'a'.repeat(32);
    expect((await recommend(traceId)).status).toBe(200);
    const spans = await spansOf([traceId]);
    const request = spans.find(({ name }) => name === 'POST /v1/recommendations');
    expect(request).toMatchObject({ service: 'app-gateway', parentSpanId: CALLER, status: 0 });
    expect(request?.attributes).toMatchObject({ 'http.response.status_code': 200 });
    const call = spans.find(({ name }) => name === 'ModelInfer');
    expect(call).toMatchObject({ parentSpanId: request?.spanId, attributes: { 'vinaigrette.model': 'basket' } });
    expect(call?.attributes['vinaigrette.version']).toEqual(expect.any(Number));
  }, 60_000);

  it('lose nobody where questions share a call: one is its parent, the others are linked', async () => {
    const traceIds = Array.from({ length: 40 }, (_, at) => at.toString(16).padStart(32, 'b'));
    await Promise.all(traceIds.map((traceId) => recommend(traceId)));
    const spans = await spansOf(traceIds);
    const requests = spans.filter(({ name }) => name.startsWith('POST'));
    const calls = spans.filter(({ name }) => name === 'ModelInfer');
    const askers = new Set(calls.flatMap(({ parentSpanId, links }) => [parentSpanId, ...links]));
    expect(requests.filter(({ spanId }) => !askers.has(spanId))).toEqual([]);
  }, 60_000);

  it('tell of a request that is refused, which asks no model', async () => {
    const traceId = 'c'.repeat(32);
    expect((await recommend(traceId, '{')).status).toBe(400);
    expect(await spansOf([traceId])).toMatchObject([{ attributes: { 'http.response.status_code': 400 }, status: 0 }]);
  }, 60_000);

  it('leave out what only keeps the service going', async () => {
    await shop.get('/readyz');
    await recommend('d'.repeat(32));
    await spansOf(['d'.repeat(32)]);
    expect(receiver.spans.filter(({ name }) => name.includes('readyz'))).toEqual([]);
  }, 60_000);
});
