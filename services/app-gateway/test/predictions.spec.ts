import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PredictionStatus, type Prediction } from '@vinaigrette/contracts/events';
import { loggedSchema, schemaIdOf, unpackRow } from '@vinaigrette/signature';
import { basketSignature, document, quote, quoteSignature, recommendations } from './shop.js';
import { openShop } from './open-shop.js';
import { readLog, TOKEN } from './test-gateway.js';

const trusted = { 'x-vinaigrette-token': TOKEN };

describe('the gateway', () => {
  let shop: Awaited<ReturnType<typeof openShop>>;
  beforeAll(async () => {
    shop = await openShop([
      document('use-case', 'discreet-quote', { ...quote, logging: { unit: 'hash', smoker: 'hash', age: 'drop' } }),
      document('use-case', 'discreet', { ...recommendations, logging: { unit: 'hash', items: 'hash', skus: 'drop' } }),
    ]);
  }, 60_000);
  afterAll(() => shop.close(), 60_000);

  const logged = async (predictionId: string): Promise<Prediction> => {
    const { predictions } = await readLog(shop.space.eventLogDir);
    const [record, ...more] = predictions.filter((prediction) => prediction.predictionId === predictionId);
    if (!record || more.length > 0) throw new Error(`${more.length + (record ? 1 : 0)} records of ${predictionId}`);
    return record;
  };

  it.each([
    { inputs: { age: 40, smoker: 'no' }, charges: 4_000 },
    { inputs: { age: [40], smoker: 'no', history: [] }, charges: 4_000 },
    { inputs: { age: 40, smoker: 'yes' }, charges: 0 }, // the model says -1, a rule clamps
  ])('predicts charges of $charges from $inputs', async ({ inputs, charges }) => {
    const { status, body } = await shop.gateway.post('/v1/predictions/quote', { inputs, unit: 'c-1' });
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        predictionId: expect.any(String),
        outputs: { charges, class: 'ok' },
        servedBy: {
          useCase: 'quote',
          useCaseVersion: 1,
          model: 'insurance',
          version: 4,
          variant: 'champion',
          ruleSet: { name: 'quotes', version: 1 },
          fallback: null,
        },
      },
    });
  });

  it("logs a prediction with the tensor's values, before the rules, and the rules that fired", async () => {
    const { body } = await shop.gateway.post(
      '/v1/predictions/quote',
      { inputs: { age: 40.1, smoker: 'yes' }, unit: 'c-1', occurredAt: '2011-07-01T09:30:00+02:00' },
      trusted,
    );
    const record = await logged(body.predictionId);
    expect(record).toMatchObject({
      useCase: 'quote',
      useCaseVersion: 1,
      model: 'insurance',
      version: 4,
      variant: 'champion',
      ruleSet: 'quotes',
      ruleSetVersion: 1,
      unit: 'c-1',
      status: PredictionStatus.ANSWERED,
      fallback: '',
      firedRules: ['floor'],
      shown: [],
      occurredAtMs: BigInt(Date.UTC(2011, 6, 1, 7, 30)),
    });
    const schema = loggedSchema(quoteSignature);
    expect(Buffer.from(record.schemaId)).toEqual(Buffer.from(schemaIdOf(schema)));
    expect(unpackRow(schema, record)).toEqual({
      age: [Math.fround(40.1)],
      smoker: ['yes'],
      history: [1, 2],
      charges: [-1],
    });
  });

  it("logs a recommendation with the model's answer and what was shown", async () => {
    const request = { basket: ['milk', 'milk'], customer: { id: 'c-2', attributes: { vip: true } } };
    const { body } = await shop.gateway.post('/v1/recommendations', request);
    const record = await logged(body.predictionId);
    expect(record).toMatchObject({
      useCase: 'recommendations',
      unit: 'c-2',
      status: PredictionStatus.ANSWERED,
      shown: ['sugar', 'bread'],
      firedRules: ['sure'],
    });
    expect(Math.abs(Number(record.occurredAtMs) - Date.now())).toBeLessThan(60_000);
    expect(unpackRow(loggedSchema(basketSignature), record)).toEqual({
      items: ['milk'],
      skus: ['sugar', 'bread', 'butter'],
      confidence: [0.8, 0.5, 0.25].map(Math.fround),
    });
  });

  it.each([
    {
      path: '/v1/predictions/discreet-quote',
      body: { unit: 'a-name-to-hide', inputs: { age: 47.828125, smoker: 'a-word-to-hide' } },
      readable: 'ok',
    },
    {
      path: '/v1/recommendations/discreet',
      body: { customer: { id: 'a-name-to-hide' }, basket: ['milk', 'a-word-to-hide'] },
      readable: 'champion',
    },
  ])('writes nothing to the disk that the use case does not let it, whoever reads the bytes: $path', async (asked) => {
    const filesOf = async () => {
      const entries = await readdir(shop.space.folder, { recursive: true, withFileTypes: true });
      const files = entries.filter((it) => it.isFile()).map((it) => readFile(join(it.parentPath, it.name)));
      return Buffer.concat(await Promise.all(files));
    };
    const { status, body } = await shop.gateway.post(asked.path, asked.body);
    expect({ status, fallback: body.servedBy.fallback }).toEqual({ status: 200, fallback: null });
    const written = await filesOf();
    expect(written.includes(body.predictionId)).toBe(true);
    expect(written.includes(asked.readable)).toBe(true);
    const age = Buffer.alloc(8);
    age.writeDoubleLE(47.828125);
    for (const secret of ['a-name-to-hide', 'a-word-to-hide', age]) expect(written.includes(secret)).toBe(false);
    const { unit, texts, shown } = await logged(body.predictionId);
    expect([unit, ...texts].filter((text) => /^[0-9a-f]{16}$/.test(text)).length).toBeGreaterThanOrEqual(2);
    expect(shown).toEqual([]);
  });

  it('logs best sellers as a fallback, keyed by the prediction itself when nobody is named', async () => {
    const { body } = await shop.gateway.post('/v1/recommendations', { basket: [] });
    const record = await logged(body.predictionId);
    expect(record).toMatchObject({
      unit: body.predictionId,
      status: PredictionStatus.FALLBACK,
      fallback: 'best-sellers',
      shown: ['milk', 'tea', 'eggs'],
      firedRules: ['no-rum'],
    });
    expect(unpackRow(loggedSchema(basketSignature), record)).toMatchObject({ items: [], skus: [] });
  });

  it.each([
    { kind: 'clicked', skus: ['sugar'], logs: { kind: 'clicked', skus: ['sugar'], text: '' } },
    { kind: 'purchased', skus: ['a', 'b'], revenue: 2.5, logs: { skus: ['a', 'b'], revenue: 2.5 } },
    { kind: 'label', value: 4_100.5, logs: { kind: 'label', number: 4_100.5, skus: [] } },
    { kind: 'label', value: 'fraud', logs: { kind: 'label', text: 'fraud' } },
    { kind: 'label', value: 0, occurredAt: 5, logs: { number: 0, occurredAtMs: 5n } },
  ])('takes the feedback $kind $skus $value', async ({ logs, ...feedback }) => {
    const predictionId = '01931b70-5c1e-7a3c-9f4e-3b7d0a1c2e4f';
    const { status, body } = await shop.gateway.post('/v1/feedback', { predictionId, ...feedback }, trusted);
    expect(status).toBe(202);
    const { outcomes } = await readLog(shop.space.eventLogDir);
    const record = outcomes.find(({ outcomeId }) => outcomeId === body.outcomeId);
    expect(record).toMatchObject({ predictionId, ...logs });
  });

  it('shows its reference, made from the schemas the requests are checked with', async () => {
    const { body } = await shop.gateway.get('/openapi.json');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        '/v1/recommendations',
        '/v1/recommendations/batch',
        '/v1/recommendations/{useCase}',
        '/v1/recommendations/{useCase}/batch',
        '/v1/predictions/{useCase}',
        '/v1/predictions/{useCase}/batch',
        '/v1/feedback',
        '/v1/rules/test',
      ]),
    );
    const schema = body.components.schemas.RecommendationRequest;
    expect(schema.properties.basket).toMatchObject({ type: 'array', items: { maxLength: 64, minLength: 1 } });
    expect(JSON.stringify(body)).toContain('"example"');
    const { status, body: page } = await shop.gateway.get('/docs');
    expect({ status, swagger: /swagger/i.test(page) }).toEqual({ status: 200, swagger: true });
  });

  it('tells Prometheus what it answered, fell back to and lost', async () => {
    await shop.gateway.post('/v1/recommendations', { basket: [] });
    const { body } = await shop.gateway.get('/metrics');
    expect(body).toMatch(/vinaigrette_gateway_requests_total\{route="\/v1\/recommendations",status="200"\} \d/);
    expect(body).toMatch(
      /vinaigrette_gateway_request_duration_seconds_bucket\{le="0.1",route="\/v1\/recommendations"\}/,
    );
    expect(body).toMatch(/fallbacks_total\{use_case="recommendations",reason="no-items",rung="best-sellers"\} [1-9]/);
    expect(body).toMatch(/vinaigrette_gateway_log_lost_records_total 0/);
    expect(body).toMatch(/vinaigrette_gateway_circuit_open\{model="basket",version="champion"\} 0/);
  });
});
