import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { AlertState, DriftMonitorService } from '@vinaigrette/contracts/monitor';
import { OtlpReceiver } from '@vinaigrette/tracing/receiver';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from './database.js';
import { demoVersion } from './demo-version.js';
import { furnish } from './furnish.js';
import { eventually, House } from './house.js';
import { call, drift, feedback, queryOf, recommend, type Recommendation } from './shop.js';

describeWith('PostgreSQL', 'DATABASE_URL', 'a basket goes all the way', () => {
  let house: House;
  let receiver: OtlpReceiver;
  const cleanUp: (() => unknown)[] = [];

  beforeAll(async () => {
    const [database, version] = await Promise.all([createDatabase(process.env.DATABASE_URL as string), demoVersion()]);
    cleanUp.push(database.drop, version.remove);
    receiver = await OtlpReceiver.start();
    cleanUp.push(() => receiver.stop());
    house = await House.open({ databaseUrl: database.url, environment: receiver.env });
    cleanUp.push(() => house.close());
    await furnish(house, version.dir);
  }, 180_000);
  afterAll(async () => {
    for (const clean of cleanUp.reverse()) await clean();
  }, 120_000);

  const hour = Date.UTC(2026, 6, 1, 12);
  const inTheHour = { model: 'basket', version: 1, from: hour, to: hour + 3_600_000 };

  it('milk brings sugar, with its reason, and says who answered', async () => {
    const answer = await recommend(house, { basket: ['milk'], customer: { id: 'c-1' }, limit: 3 });
    expect(answer.items[0]).toMatchObject({ sku: 'sugar', reasons: [{ because: ['milk'] }] });
    expect(answer.items[0]?.score).toBeGreaterThan(0.75);
    expect(answer.items.length).toBeLessThanOrEqual(3);
    expect(answer.servedBy).toMatchObject({ model: 'basket', version: 1, variant: 'champion', fallback: null });
    expect(answer.servedBy.ruleSet).toEqual({ name: 'shop', version: 1 });
  });

  it('one trace tells of the shop, the gateway, the model server and its run', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { 'content-type': 'application/json', traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    const body = JSON.stringify({ basket: ['milk'] });
    expect((await fetch(`${house.gatewayUrl}/v1/recommendations`, { method: 'POST', headers, body })).status).toBe(200);
    const spans = await eventually(
      'the spans of both services',
      () => Promise.resolve(receiver.spans.filter((span) => span.traceId === traceId)),
      (received) => ['POST /v1/recommendations', 'infer'].every((name) => received.some((span) => span.name === name)),
    );
    const parents = new Map(spans.map(({ spanId, name }) => [spanId, name]));
    const tree = spans.map(({ service, name, parentSpanId }) => ({
      service,
      name,
      of: parents.get(parentSpanId) ?? parentSpanId,
    }));
    expect(tree).toEqual(
      expect.arrayContaining([
        { service: 'app-gateway', name: 'POST /v1/recommendations', of: '00f067aa0ba902b7' },
        { service: 'app-gateway', name: 'ModelInfer', of: 'POST /v1/recommendations' },
        { service: 'model-server', name: 'infer', of: 'ModelInfer' },
        { service: 'model-server', name: 'queue', of: 'infer' },
        { service: 'model-server', name: 'compute', of: 'infer' },
      ]),
    );
  });

  it('the log is counted, once, and its drift is measured over REST and gRPC alike', async () => {
    const asked = 40;
    for (let i = 0; i < asked; i++) {
      const basket = i % 2 ? ['milk', 'bread'] : ['milk'];
      const { predictionId } = await recommend(house, { basket, occurredAt: new Date(hour + i * 1_000).toISOString() });
      await feedback(house, { predictionId, kind: 'purchased', skus: ['sugar'], revenue: 1.2 });
    }
    const seen = await eventually(
      'counted',
      () => drift(house, inTheHour),
      ({ predictions }) => Number(predictions) === asked,
    );
    expect(seen.features?.map(({ name }) => name)).toEqual(['basketSize', 'knownShare', 'topConfidence', 'items']);
    const size = seen.features?.[0];
    expect(Number(size?.count)).toBe(asked);
    expect(size?.psi).toBeGreaterThan(0.25);
    expect(size?.ksHigh).toBeGreaterThanOrEqual(size?.ksLow as number);

    const monitor = createClient(
      DriftMonitorService,
      createGrpcTransport({ baseUrl: `http://127.0.0.1:${house.ports.monitorGrpc}` }),
    );
    const { model, version, from, to } = inTheHour;
    const answer = await monitor.getDrift({ model, version: String(version), fromMs: BigInt(from), toMs: BigInt(to) });
    expect(answer.drift?.predictions).toBe(BigInt(asked));
    expect(answer.drift?.features.map(({ psi }) => psi)).toEqual(seen.features?.map(({ psi }) => psi));
    const { alerts } = await eventually(
      'judged',
      () => monitor.listAlerts({}),
      (answer) => answer.alerts.length > 0,
    );
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toMatchObject({ model: 'basket', version: 1 });
    expect(alerts[0]?.state).not.toBe(AlertState.UNSPECIFIED);
  }, 180_000);

  it('what was bought after what was shown becomes a hit rate', async () => {
    const hits = await eventually(
      'joined with its outcomes',
      () => call<{ withOutcome: number; hitsAt5: number }>(`${house.monitorUrl}/v1/performance?${queryOf(inTheHour)}`),
      ({ body }) => body.withOutcome === 40,
    );
    expect(hits.body.hitsAt5).toBe(40);
  }, 180_000);

  it('a basket nobody knows gets an honest best seller', async () => {
    const answer = await recommend(house, { basket: ['a-sku-of-tomorrow'] });
    expect(answer.servedBy.fallback).toBe('best-sellers');
    expect(answer.items.length).toBeGreaterThan(0);
  });

  it('a new champion answers within moments, and the old one again after a rollback', async () => {
    const second = await demoVersion(0.6);
    cleanUp.push(second.remove);
    const answeringVersion = async () => (await recommend(house, { basket: ['milk'] })).servedBy.version;
    await house.vinaigrette(
      'models',
      'push',
      second.dir,
      '--name',
      'basket',
      '--alias',
      'champion',
      '--reason',
      'stricter',
    );
    await eventually('served by version 2', answeringVersion, (version) => version === 2);
    await house.vinaigrette('models', 'alias', 'basket', 'champion', '1', '--reason', 'it says too little');
    await eventually('served by version 1 again', answeringVersion, (version) => version === 1);
  }, 240_000);

  it('no swap costs a request', async () => {
    const answers: Recommendation[] = [];
    let swapping = true;
    const customers = Array.from({ length: 4 }, async () => {
      while (swapping) answers.push(await recommend(house, { basket: ['milk'] }));
    });
    for (const version of ['2', '1', '2', '1']) {
      await house.vinaigrette('models', 'alias', 'basket', 'champion', version, '--reason', 'to and fro');
    }
    swapping = false;
    await Promise.all(customers);
    expect(answers.filter(({ servedBy }) => servedBy.fallback !== null)).toEqual([]);
    expect(answers.length).toBeGreaterThan(20);
  }, 240_000);

  it.each(['registryHttp', 'modelServerHttp', 'monitorHttp', 'gatewayHttp'] as const)(
    '%s tells Prometheus',
    async (port) => {
      const metrics = await call(`http://127.0.0.1:${house.ports[port]}/metrics`);
      expect(metrics.status).toBe(200);
      expect(metrics.text).toMatch(/^# TYPE \w+ (counter|gauge|histogram)$/m);
    },
  );
});
