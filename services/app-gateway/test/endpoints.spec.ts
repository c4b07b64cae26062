import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openShop } from './open-shop.js';
import { document, quote, recommendations, wantedShop } from './shop.js';
import { call, eventually, readLog } from './test-gateway.js';

const page = 'https://shop.example';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const secret = 'vin_a-secret-of-the-back-office';
const open = 'vin_what-everybody-can-read-in-the-page';
const mailing = 'vin_whoever-writes-to-customers';
const old = 'vin_the-one-before-the-rotation';
const keys = {
  keys: [
    { id: 'back-office', sha256: sha256(secret), scopes: ['recommend', 'predict', 'feedback', 'test-rules'] },
    { id: 'page', sha256: sha256(open), scopes: ['recommend', 'feedback'], origins: [page] },
    { id: 'mailing', sha256: sha256(mailing), scopes: ['recommend'], useCases: ['mail'] },
    { id: 'old', sha256: sha256(old), scopes: ['recommend'], notAfter: '2020-01-01T00:00:00Z' },
  ],
};
const bill = {
  ...quote,
  numbersFromText: true,
  routes: [
    { path: '/predict', accepts: 'form', output: 'charges', title: 'Bill <1>', sentence: 'Expected bill: {value}' },
    { path: '/predict_api', accepts: 'json', output: 'charges' },
  ],
};

describe('the endpoints', () => {
  let shop: Awaited<ReturnType<typeof openShop>>;
  beforeAll(async () => {
    const documents = [
      document('use-case', 'bill', bill),
      document('use-case', 'mail', { ...recommendations, ruleSet: undefined, limit: { default: 1, max: 2 } }),
      document('shop-keys', 'web', keys),
    ];
    shop = await openShop(documents, { SHOP_KEYS: 'web', CORS_ORIGINS: page });
  }, 60_000);
  afterAll(() => shop.close(), 60_000);

  const authorized = (key = secret) => ({ authorization: `Bearer ${key}` });
  const post = (path: string, body: unknown, headers: Record<string, string> = authorized()) =>
    shop.gateway.post(path, body, headers);

  const recommend = { path: '/v1/recommendations', body: { basket: ['milk'] } };
  const predict = { path: '/v1/predictions/quote', body: { inputs: { age: 40, smoker: 'no' } } };
  const mail = { path: '/v1/recommendations/mail', body: { basket: ['milk'] } };
  const rules = { path: '/v1/rules/test', body: { useCase: 'quote' } };
  it.each<{
    who: string;
    to: typeof recommend | typeof predict | typeof rules | typeof mail;
    headers: Record<string, string>;
    status: number;
  }>([
    { who: 'nobody', to: recommend, headers: {}, status: 403 },
    { who: 'a made-up key', to: recommend, headers: authorized('vin_0123456789abcdef'), status: 403 },
    { who: 'the hash of a key', to: recommend, headers: authorized(`vin_${sha256(secret)}`), status: 403 },
    { who: 'the back office', to: recommend, headers: authorized(), status: 200 },
    { who: 'the back office', to: predict, headers: authorized(), status: 200 },
    { who: 'the back office', to: rules, headers: authorized(), status: 200 },
    { who: 'the page', to: recommend, headers: { ...authorized(open), origin: page }, status: 200 },
    { who: 'the page', to: predict, headers: { ...authorized(open), origin: page }, status: 403 },
    {
      who: 'another page',
      to: recommend,
      headers: { ...authorized(open), origin: 'https://evil.example' },
      status: 403,
    },
    { who: 'no page, with the key of one', to: recommend, headers: authorized(open), status: 403 },
    { who: 'the key of the mailing', to: mail, headers: authorized(mailing), status: 200 },
    { who: 'the key of the mailing', to: recommend, headers: authorized(mailing), status: 403 },
    { who: 'a key that is over', to: recommend, headers: authorized(old), status: 403 },
  ])('answer $who with $status at $to.path', async ({ to, headers, status }) => {
    const answer = await post(to.path, to.body, headers);
    expect({ status: answer.status, code: answer.body.code }).toEqual({
      status,
      code: status === 403 ? 'KEY_REFUSED' : undefined,
    });
  });

  it.each([
    { query: '?useCase=mail', code: 'PRECOMPUTED_MISSING' }, // let in: no batch has answered for it
    { query: '', code: 'KEY_REFUSED' },
    { query: '?useCase=recommendations', code: 'KEY_REFUSED' },
    { query: '?useCase=mail&useCase=recommendations', code: 'KEY_REFUSED' },
  ])("hold a key to its use cases where a customer's answer is asked for with '$query'", async ({ query, code }) => {
    const url = `${shop.gateway.url}/v1/customers/c-1/recommendations${query}`;
    expect((await call(url, { headers: authorized(mailing) })).body.code).toBe(code);
  });

  it('tell a browser which pages may ask', async () => {
    const preflight = (origin: string) =>
      call(`${shop.gateway.url}/v1/recommendations`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      });
    const { status, headers } = await preflight(page);
    expect({ status, origin: headers.get('access-control-allow-origin') }).toEqual({ status: 204, origin: page });
    expect(headers.get('access-control-allow-headers')).toContain('authorization');
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('need no key for what a supervisor asks', async () => {
    expect((await shop.gateway.get('/healthz')).status).toBe(200);
  });

  const form = (fields: Record<string, string>, more: Record<string, string> = {}) =>
    call(`${shop.gateway.url}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...authorized(), ...more },
      body: new URLSearchParams(fields).toString(),
    });

  it('are what a use case asks for: a form that answers with a page', async () => {
    const { status, headers, body } = await call(`${shop.gateway.url}/predict`, { headers: authorized() });
    expect({ status, type: headers.get('content-type') }).toEqual({ status: 200, type: 'text/html; charset=utf-8' });
    expect(body).toContain('<input name="age"');
    expect(body).toContain('Bill &#60;1&#62;');
    const answered = await form({ age: '40.25', smoker: 'no' });
    expect({ status: answered.status, body: answered.body }).toEqual({
      status: 200,
      body: expect.stringContaining('Expected bill: 4025'),
    });
    const script = await form({ age: '40', smoker: '"><script>' });
    expect(script.body).not.toContain('<script>');
  });

  it('tell a person at a form why there is no answer below what was sent, and a program as everywhere', async () => {
    const person = await form({ age: 'forty', smoker: 'no' }, { accept: 'text/html,*/*;q=0.8' });
    expect({ status: person.status, type: person.headers.get('content-type') }).toEqual({
      status: 422,
      type: 'text/html; charset=utf-8',
    });
    expect(person.body).toContain('value="forty"');
    expect(person.body).toMatch(/role="alert"><strong>inputs.age: &#34;forty&#34; is not FP32/);
    const program = await form({ age: 'forty', smoker: 'no' });
    expect({ status: program.status, code: program.body.code }).toEqual({ status: 422, code: 'SIGNATURE_MISMATCH' });
  });

  it.each([{ age: 40.25 }, { age: '40.25' }, { age: ' 40.25 ' }])(
    'and JSON that answers a number: of %j',
    async (inputs) => {
      const { status, headers, body } = await post('/predict_api', { ...inputs, smoker: 'no' });
      expect({ status, body, json: headers.get('content-type')?.includes('json') }).toEqual({
        status: 200,
        body: 4_025,
        json: true,
      });
      expect((await post('/v1/predictions/bill', { inputs: { ...inputs, smoker: 'no' } })).body.outputs.charges).toBe(
        4_025,
      );
    },
  );

  it.each([
    { path: '/predict_api', body: [1], status: 422, code: 'BODY_INVALID' },
    { path: '/predict_api', body: { age: 'forty', smoker: 'no' }, status: 422, code: 'SIGNATURE_MISMATCH' },
    { path: '/predict_api', body: { smoker: 'no' }, status: 422, code: 'SIGNATURE_MISMATCH' },
    { path: '/predict_api', body: { age: 1, smoker: 'no', hue: 'red' }, status: 422, code: 'SIGNATURE_MISMATCH' },
    { path: '/predict_apis', body: {}, status: 404, code: 'ROUTE_NOT_FOUND' },
  ])('tell $code of $body at $path', async ({ path, body, status, code }) => {
    const answer = await post(path, body);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
  });

  it.each([
    { what: 'a plain question', customer: { id: 'c-1' } },
    { what: 'one that is left to the schema', customer: { id: 'c-1', attributes: { age: null } } },
  ])('recommend by any document that says how: $what', async ({ customer }) => {
    const body = { basket: ['milk'], customer };
    const answers = (await post('/v1/recommendations/mail/batch', { requests: [body] })).body.answers;
    for (const answer of [(await post('/v1/recommendations/mail', body)).body, answers[0].answer]) {
      expect(answer.items.map(({ sku }: { sku: string }) => sku)).toEqual(['sugar']);
      expect(answer.servedBy).toMatchObject({ useCase: 'mail', ruleSet: null });
    }
  });

  it.each([
    { useCase: 'nowhere', detail: 'There is no use case nowhere' },
    { useCase: 'quote', detail: expect.stringContaining('quote is a prediction') },
  ])('tell who wants recommendations of $useCase that there are none', async ({ useCase, detail }) => {
    const { status, body } = await post(`/v1/recommendations/${useCase}`, { basket: [] });
    expect({ status, code: body.code, detail: body.detail }).toEqual({
      status: 404,
      code: 'USE_CASE_NOT_FOUND',
      detail,
    });
  });

  it('answer many at once, each as if it were alone', async () => {
    const requests = [
      { inputs: { age: 40, smoker: 'no' } },
      { inputs: { age: 'x' } },
      { inputs: { age: 41, smoker: 'no' } },
    ];
    const { status, body } = await post('/v1/predictions/quote/batch', { requests });
    expect(status).toBe(200);
    expect(body.answers.map((it: { status: number }) => it.status)).toEqual([200, 422, 200]);
    expect(body.answers.map((it: { answer?: { outputs: object } }) => it.answer?.outputs)).toEqual([
      { charges: 4_000, class: 'ok' },
      undefined,
      { charges: 4_100, class: 'ok' },
    ]);
    expect(body.answers[1].problem).toMatchObject({ code: 'SIGNATURE_MISMATCH', field: 'inputs.age' });
    const baskets = await post('/v1/recommendations/batch', { requests: [{ basket: ['milk'] }, { basket: [] }] });
    expect(
      baskets.body.answers.map((it: { answer: { servedBy: { fallback: string } } }) => it.answer.servedBy.fallback),
    ).toEqual([null, 'best-sellers']);
    expect((await post('/v1/predictions/quote/batch', { requests: [] })).status).toBe(422);
  });

  it('take the same feedback once, and count what nobody here predicted', async () => {
    const predictionId = '01931b70-5c1e-7a3c-9f4e-3b7d0a1c2e4f';
    const made = (await post('/v1/recommendations', { basket: ['milk'] })).body.predictionId;
    const send = (body: object, key?: string) =>
      post('/v1/feedback', body, { ...authorized(), ...(key ? { 'idempotency-key': key } : {}) });
    const rated = { predictionId, kind: 'rating', value: 4 };
    const first = await send(rated, 'order-7');
    const again = await send(rated, 'order-7');
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.body).toEqual(first.body);
    const other = await send(rated, 'order-8');
    const added = await send({ predictionId: made, kind: 'added-to-cart', skus: ['sugar'] });
    const { outcomes } = await readLog(shop.space.eventLogDir);
    expect(outcomes.map(({ outcomeId, kind, number }) => ({ outcomeId, kind, number }))).toEqual([
      { outcomeId: first.body.outcomeId, kind: 'rating', number: 4 },
      { outcomeId: other.body.outcomeId, kind: 'rating', number: 4 },
      { outcomeId: added.body.outcomeId, kind: 'added-to-cart', number: undefined },
    ]);
    const { body } = await shop.gateway.get('/metrics');
    expect(body).toContain('vinaigrette_gateway_feedback_total{kind="rating",prediction="unknown"} 2');
    expect(body).toContain('vinaigrette_gateway_feedback_total{kind="added-to-cart",prediction="known"} 1');
    expect((await send({ ...rated, value: 'good' })).body.field).toBe('value');
    expect((await send(rated, 'x'.repeat(257))).body.field).toBe('idempotency-key');
  });

  it('take a new key beside the old one, and then the new one alone, while they answer', async () => {
    const next = 'vin_the-one-after-the-rotation';
    const successor = { ...keys.keys[0]!, id: 'back-office-2', sha256: sha256(next) };
    const wanted = wantedShop(shop.registry);
    const rotate = (list: object[], version: number) =>
      shop.registry.want({
        ...wanted,
        documents: [...wanted.documents, document('shop-keys', 'web', { keys: list }, version)],
      });
    const statuses = async () => {
      const answers = [secret, next].map((key) => post('/v1/recommendations', { basket: [] }, authorized(key)));
      return (await Promise.all(answers)).map(({ status }) => status).join(' ');
    };
    expect(await statuses()).toBe('200 403');
    rotate([keys.keys[0]!, successor], 2);
    await eventually(async () => (await statuses()) === '200 200', 'both keys are good');
    rotate([successor], 3);
    await eventually(async () => (await statuses()) === '403 200', 'only the new key is good');
  }, 60_000);
});
