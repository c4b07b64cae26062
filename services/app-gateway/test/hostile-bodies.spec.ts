import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openShop } from './open-shop.js';

const many = (count: number, text: string, between = '') => Array.from({ length: count }, () => text).join(between);
const milk = { basket: ['milk'] };
const fields = { item: { brand: 'text' }, customer: { age: 'number' } };
const rule = (where: string) => ({ rules: { fields, rules: [{ id: 'bad', action: 'hide', where }] } });

describe('a body that means harm', () => {
  let shop: Awaited<ReturnType<typeof openShop>>;
  beforeAll(async () => {
    shop = await openShop();
  }, 60_000);
  afterAll(() => shop.close(), 60_000);

  const natures = { object: Object.getOwnPropertyNames(Object.prototype), list: Object.getOwnPropertyNames([]) };
  afterEach(async () => {
    expect({ object: Object.getOwnPropertyNames(Object.prototype), list: Object.getOwnPropertyNames([]) }).toEqual(
      natures,
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const { status, body } = await shop.gateway.post('/v1/recommendations', milk);
    expect({ status, fallback: body.servedBy?.fallback }).toEqual({ status: 200, fallback: null });
  });

  const poison = '{"polluted": true}';
  const notJson = { status: 400, code: 'BODY_NOT_JSON' };
  const invalid = { status: 422, code: 'BODY_INVALID' };
  const harmless = { status: 200, code: undefined };
  it.each([
    { what: '__proto__', body: `{"basket": ["milk"], "__proto__": ${poison}}`, told: notJson },
    { what: 'constructor', body: `{"basket": [], "constructor": {"prototype": ${poison}}}`, told: notJson },
    {
      what: '__proto__ among attributes',
      body: `{"basket": [], "customer": {"id": "c", "attributes": {"__proto__": ${poison}}}}`,
      told: notJson,
    },
    { what: 'it escaped', body: `{"basket": [], "context": {"\\u005f_proto__": ${poison}}}`, told: notJson },
    { what: 'toString', body: `{"basket": ["milk"], "toString": 1}`, told: invalid },
    { what: 'items of those names', body: `{"basket": ["__proto__", "constructor", "toString"]}`, told: harmless },
    { what: 'a customer of that name', body: `{"basket": ["milk"], "customer": {"id": "__proto__"}}`, told: harmless },
    { what: 'lists in lists', body: `{"basket": ${many(20_000, '[')}${many(20_000, ']')}}`, told: invalid },
    { what: 'a long list of what is no item', body: `{"basket": [${many(80_000, '1', ',')}]}`, told: invalid },
    { what: 'a number beyond integers', body: `{"basket": ["milk"], "limit": 1e308}`, told: invalid },
    { what: 'a number of a thousand digits', body: `{"basket": [], "limit": ${many(1_000, '9')}}`, told: invalid },
    {
      what: 'more than is read',
      body: `{"basket": ["${many(300_000, 'x')}"]}`,
      told: { status: 413, code: 'BODY_TOO_LARGE' },
    },
  ])(
    'is told $told.status for $what',
    async ({ body, told }) => {
      const answer = await shop.gateway.post('/v1/recommendations', body);
      expect({ status: answer.status, code: answer.body.code }).toEqual(told);
    },
    60_000,
  );

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'asks for a use case %s in vain',
    async (name) => {
      const answer = await shop.gateway.post(`/v1/predictions/${name}`, { inputs: { age: 40 } });
      expect(answer).toMatchObject({ status: 404, body: { code: 'USE_CASE_NOT_FOUND' } });
    },
  );

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])('brings an input %s in vain', async (name) => {
    const inputs = { age: 40, smoker: 'no', [name]: 1 };
    const answer = await shop.gateway.post('/v1/predictions/quote', { inputs });
    expect(answer).toMatchObject({ status: 422, body: { code: 'SIGNATURE_MISMATCH', field: `inputs.${name}` } });
  });

  it.each([
    { what: 'a pattern that backtracks', body: rule('item.brand.matches("(a+)+$")') },
    { what: 'a pattern as a function', body: rule('matches(item.brand, "(a|a)*$")') },
    { what: 'a pass within a pass', body: rule('basket.all(a, basket.all(b, a == b))') },
    { what: 'a value doubled again and again', body: rule('item.brand.map(a, [a, a]).size() > 1') },
    { what: 'brackets without end', body: rule(`${many(5_000, '(')}true${many(5_000, ')')}`) },
    { what: 'a thousand conditions', body: rule(many(1_000, 'item.brand == "a"', ' || ')) },
    { what: 'a list too long', body: rule(`item.brand in [${many(20_000, '"a"', ',')}]`) },
    { what: 'the prototype of an item', body: rule('item.__proto__ == "a"') },
    { what: 'the constructor of a customer', body: rule('customer.constructor == 1.0') },
    { what: 'a function that there is not', body: rule('process.exit()') },
    {
      what: 'a field called __proto__',
      body: `{"rules": {"fields": {"item": {"\\u005f_proto__": "text"}}, "rules": []}}`,
    },
  ])('brings $what in vain', async ({ body }) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await shop.gateway.post('/v1/rules/test', text.replace('{', '{"useCase": "recommendations", '));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });
});
