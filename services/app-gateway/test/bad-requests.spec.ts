import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openShop } from './open-shop.js';
import { call, readLog, TOKEN } from './test-gateway.js';

const items = (count: number) => Array.from({ length: count }, (_, index) => `sku-${index}`);
const inputs = { age: 40, smoker: 'no' };
const clicked = { predictionId: '01931b70-5c1e-7a3c-9f4e-3b7d0a1c2e4f', kind: 'clicked', skus: ['a'] };

const recommend = '/v1/recommendations';
const quote = '/v1/predictions/quote';
const feedback = '/v1/feedback';

describe('a bad request', () => {
  let shop: Awaited<ReturnType<typeof openShop>>;
  beforeAll(async () => {
    shop = await openShop();
  }, 60_000);
  afterAll(() => shop.close(), 60_000);

  it.each([
    { path: recommend, body: '{"basket": [', status: 400, code: 'BODY_NOT_JSON' },
    { path: recommend, body: 'milk', status: 400, code: 'BODY_NOT_JSON' },
    { path: recommend, body: '', status: 400, code: 'BODY_NOT_JSON' },
    { path: recommend, body: '{"basket": [], "__proto__": {"limit": 3}}', status: 400, code: 'BODY_NOT_JSON' },
    { path: recommend, body: 'null', status: 422, code: 'BODY_INVALID', field: undefined },
    { path: recommend, body: [], status: 422, code: 'BODY_INVALID', field: undefined },
    { path: recommend, body: {}, status: 422, code: 'BODY_INVALID', field: 'basket' },
    { path: recommend, body: { basket: 'milk' }, status: 422, code: 'BODY_INVALID', field: 'basket' },
    { path: recommend, body: { basket: items(1_001) }, status: 422, code: 'BODY_INVALID', field: 'basket' },
    { path: recommend, body: { basket: ['a', 'b', 'c', 4] }, status: 422, code: 'BODY_INVALID', field: 'basket[3]' },
    { path: recommend, body: { basket: ['a', ''] }, status: 422, code: 'BODY_INVALID', field: 'basket[1]' },
    { path: recommend, body: { basket: ['x'.repeat(65)] }, status: 422, code: 'BODY_INVALID', field: 'basket[0]' },
    { path: recommend, body: { basket: [], limit: 0 }, status: 422, code: 'BODY_INVALID', field: 'limit' },
    { path: recommend, body: { basket: [], limit: 51 }, status: 422, code: 'BODY_INVALID', field: 'limit' },
    { path: recommend, body: { basket: [], limit: '5' }, status: 422, code: 'BODY_INVALID', field: 'limit' },
    { path: recommend, body: { basket: [], customer: {} }, status: 422, code: 'BODY_INVALID', field: 'customer.id' },
    {
      path: recommend,
      body: { basket: [], context: { moment: 'never' } },
      status: 422,
      code: 'BODY_INVALID',
      field: 'context.moment',
    },
    { path: recommend, body: { basket: [], baskt: [] }, status: 422, code: 'BODY_INVALID', field: 'baskt' },
    {
      path: recommend,
      body: { basket: [], occurredAt: 'now' },
      status: 422,
      code: 'BODY_INVALID',
      field: 'occurredAt',
    },
    {
      path: recommend,
      body: { basket: [], occurredAt: '2011-07-01T09:30:00Z' },
      status: 403,
      code: 'EVENT_TIME_NOT_TRUSTED',
      field: 'occurredAt',
    },
    { path: recommend, body: JSON.stringify({ basket: ['x'.repeat(300_000)] }), status: 413, code: 'BODY_TOO_LARGE' },
    { path: quote, body: { inputs: { smoker: 'no' } }, status: 422, code: 'SIGNATURE_MISMATCH', field: 'inputs.age' },
    {
      path: quote,
      body: { inputs: { ...inputs, age: '40' } },
      status: 422,
      code: 'SIGNATURE_MISMATCH',
      field: 'inputs.age',
    },
    {
      path: quote,
      body: { inputs: { ...inputs, age: [1, 2] } },
      status: 422,
      code: 'SIGNATURE_MISMATCH',
      field: 'inputs.age',
    },
    {
      path: quote,
      body: { inputs: { ...inputs, smoker: ['no'] } },
      status: 422,
      code: 'SIGNATURE_MISMATCH',
      field: 'inputs.smoker',
    },
    {
      path: quote,
      body: { inputs: { ...inputs, history: [1, 0.5] } },
      status: 422,
      code: 'SIGNATURE_MISMATCH',
      field: 'inputs.history[1]',
    },
    {
      path: quote,
      body: { inputs: { ...inputs, hue: 1 } },
      status: 422,
      code: 'SIGNATURE_MISMATCH',
      field: 'inputs.hue',
    },
    { path: quote, body: { inputs: { ...inputs, age: {} } }, status: 422, code: 'BODY_INVALID', field: 'inputs.age' },
    { path: quote, body: { inputs: [] }, status: 422, code: 'BODY_INVALID', field: 'inputs' },
    { path: quote, body: { inputs, unit: '' }, status: 422, code: 'BODY_INVALID', field: 'unit' },
    { path: '/v1/predictions/poem', body: { inputs }, status: 404, code: 'USE_CASE_NOT_FOUND', field: 'useCase' },
    {
      path: '/v1/predictions/recommendations',
      body: { inputs },
      status: 404,
      code: 'USE_CASE_NOT_FOUND',
      field: 'useCase',
    },
    {
      path: feedback,
      body: { ...clicked, predictionId: 'x' },
      status: 422,
      code: 'BODY_INVALID',
      field: 'predictionId',
    },
    { path: feedback, body: { ...clicked, kind: 'seen' }, status: 422, code: 'BODY_INVALID', field: 'kind' },
    { path: feedback, body: { ...clicked, skus: undefined }, status: 422, code: 'BODY_INVALID', field: 'skus' },
    { path: feedback, body: { ...clicked, kind: 'label' }, status: 422, code: 'BODY_INVALID', field: 'value' },
    { path: feedback, body: { ...clicked, revenue: '1' }, status: 422, code: 'BODY_INVALID', field: 'revenue' },
    { path: '/v1/poems', body: {}, status: 404, code: 'ROUTE_NOT_FOUND' },
    { path: '/v1/predictions/', body: { inputs }, status: 404, code: 'USE_CASE_NOT_FOUND', field: 'useCase' },
  ])('is told $status $code $field by $path', async ({ path, body, status, code, field }) => {
    const answer = await shop.gateway.post(path, body);
    expect({ status: answer.status, code: answer.body.code, field: answer.body.field }).toEqual({
      status,
      code,
      field,
    });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body.remedy).toMatch(/\w+/);
    expect(JSON.stringify(answer.body)).not.toMatch(/\.[jt]s:\d|node_modules|    at /);
  });

  it.each([
    { method: 'GET', path: recommend, allow: 'POST' },
    { method: 'DELETE', path: '/v1/predictions/quote/batch', allow: 'POST' },
    { method: 'PUT', path: '/v1/customers/c%2F1/recommendations?limit=1', allow: 'GET, HEAD' },
    { method: 'POST', path: '/healthz', allow: 'GET, HEAD' },
    { method: 'PATCH', path: '/openapi.json', allow: 'GET, HEAD' },
  ])('hears which methods $path has, and $method is none of them', async ({ method, path, allow }) => {
    const { status, headers, body } = await call(`${shop.gateway.url}${path}`, { method });
    expect({ status, code: body.code, allow: headers.get('allow')?.split(', ').toSorted().join(', ') }).toEqual({
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
      allow,
    });
  });

  it.each(['/', '/v1', '/v1/recommendations/', '/v1/recommendations/batch/more', '/openapiXjson'])(
    'hears that there is no %s at all',
    async (path) => {
      const { status, body } = await call(`${shop.gateway.url}${path}`, { method: 'PUT' });
      expect({ status, code: body.code }).toEqual({ status: 404, code: 'ROUTE_NOT_FOUND' });
    },
  );

  it('hears how large a body may be', async () => {
    const { body } = await shop.gateway.post(recommend, JSON.stringify({ basket: ['x'.repeat(300_000)] }));
    expect(body.detail).toContain('262144 bytes');
  });

  it('reads JSON only', async () => {
    const { status, body } = await shop.gateway.post(recommend, 'basket=milk', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'BODY_NOT_JSON' });
  });

  it('takes exactly a thousand different items, and any of them twice', async () => {
    const basket = [...items(1_000), ...items(500)];
    expect((await shop.gateway.post(recommend, { basket })).status).toBe(200);
  });

  it.each([{ token: TOKEN.slice(1) }, { token: `${TOKEN}x` }, { token: '' }])(
    'does not believe an event time with the token "$token"',
    async ({ token }) => {
      const body = { basket: [], occurredAt: 0 };
      expect((await shop.gateway.post(recommend, body, { 'x-vinaigrette-token': token })).status).toBe(403);
    },
  );

  it('leaves no record, and the gateway answering', async () => {
    const before = (await readLog(shop.space.eventLogDir)).predictions.length;
    await shop.gateway.post(recommend, { basket: [''] });
    const good = await shop.gateway.post(recommend, { basket: ['milk'] });
    const { predictions } = await readLog(shop.space.eventLogDir);
    expect(predictions).toHaveLength(before + 1);
    expect(predictions.at(-1)?.predictionId).toBe(good.body.predictionId);
  });
});
