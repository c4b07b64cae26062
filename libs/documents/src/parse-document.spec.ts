import { describe, expect, it } from '@jest/globals';
import { Problem } from '@vinaigrette/problems';
import { parseDocument } from './parse-document.js';

const shop = { kind: 'recommendation', model: 'basket' };
const quote = { kind: 'prediction', model: 'insurance' };
const rules = (...list: unknown[]) => ({ rules: list });
const hide = { id: 'recalled', action: 'hide', skus: ['A'] };

const fields = { customer: { age: 'number' }, item: { brand: 'text', tags: 'texts' } };
const fielded = (...list: unknown[]) => ({ fields, rules: list });
const boost = { id: 'x', action: 'boost', skus: ['a'] };
const quota = { id: 'x', action: 'quota', skus: ['a'], within: 5 };
const costly = (_: unknown, index: number) => ({
  id: `rule-${index}`,
  action: 'hide',
  where: 'basket.exists(b, b.startsWith(item.sku))',
});
const noon = '2026-12-24T12:00:00Z';
const key = { id: 'a', sha256: 'a'.repeat(64), scopes: ['recommend'] };
const page = 'https://shop.example';
const table = { table: 'customers', key: 'id', columns: { country: 'text' } };
const country = { name: 'country', from: 'context.market' };
const api = { path: '/predict_api', accepts: 'json', output: 'charges' };

describe('parseDocument()', () => {
  const untold = {
    attributes: {},
    lookups: {},
    segments: [],
    feedbackLoop: false,
    shadowSample: 1,
    logging: {},
  };

  it('fills in what a use case leaves out', () => {
    expect(parseDocument('use-case', shop)).toEqual({
      kind: 'recommendation',
      model: 'basket',
      alias: 'champion',
      budgetMs: 100,
      limit: { default: 5, max: 50 },
      fallback: ['best-sellers'],
      rungBudgetsMs: {},
      ...untold,
    });
    expect(parseDocument('use-case', quote)).toEqual({
      kind: 'prediction',
      model: 'insurance',
      alias: 'champion',
      budgetMs: 100,
      inputs: {},
      fields: {},
      numbersFromText: false,
      routes: [],
      rungBudgetsMs: {},
      ...untold,
    });
  });

  it('keeps rules in the order written', () => {
    const cap = { id: 'few', action: 'cap', items: 3, when: { moments: ['checkout'], markets: ['de'] } };
    const clamp = { id: 'floor', action: 'clamp', output: 'price', min: 0 };
    const score = { id: 'sure', action: 'minimum-score', score: 0.1 };
    expect(parseDocument('rule-set', rules(cap, hide, clamp, score))).toEqual(rules(cap, hide, clamp, score));
  });

  it('keeps every action, and a use case that says all it can', () => {
    const all = [
      { id: 'of-age', action: 'refuse', message: 'from 18', when: { if: 'customer.age < 18' }, priority: 9 },
      { id: 'usual', action: 'default', input: 'region', value: 'north' },
      { id: 'blind', action: 'mask', inputs: ['sex'], whenUnknown: 'skip', reason: 'the law' },
      { ...hide, where: 'item.brand == "acme" && score < 0.5', when: { from: noon } },
      { id: 'two', action: 'cap', items: 2, per: 'brand' },
      { id: 'first', action: 'pin', sku: 'a', position: 1 },
      { ...boost, id: 'dear', factor: 'customer.age / 10' },
      { id: 'last', action: 'bury', where: '"old" in item.tags' },
      { ...quota, id: 'some', min: 1, max: 2 },
      { id: 'mixed', action: 'diversify', by: 'brand', gap: 2 },
      { id: 'floor', action: 'clamp', output: 'price', min: 'customer.age * 2', max: 900 },
      { id: 'fixed', action: 'override', output: 'price', value: 5, reason: 'agreed' },
    ];
    const document = { fields: { ...fields, inputs: {} }, rules: all };
    expect(parseDocument('rule-set', document)).toEqual(document);
    const useCase = {
      ...quote,
      lookups: { customer: table },
      segments: [{ name: 'land', from: 'customer.country' }],
      holdout: { shareBps: 200, salt: 'h' },
      success: { kinds: ['purchased'] },
      fields: { bmi: 'number' },
      inputs: { obese: { from: 'inputs.bmi >= 30', default: false } },
      routes: [api],
      fallback: { rungs: ['cached'], outputs: { charges: 1 } },
    };
    expect(parseDocument('use-case', useCase)).toMatchObject({
      ...useCase,
      lookups: { customer: { timeoutMs: 20, cache: { rowsMax: 10_000, ageMs: 60_000 } } },
      holdout: { answer: 'best-sellers' },
    });
  });

  it.each<{ kind: string; json: unknown; field: string | undefined }>([
    { kind: 'use-case', json: null, field: undefined },
    { kind: 'use-case', json: {}, field: 'kind' },
    { kind: 'use-case', json: { kind: 'recommendation' }, field: 'model' },
    { kind: 'use-case', json: { ...shop, model: 'Basket' }, field: 'model' },
    { kind: 'use-case', json: { ...shop, budgetMs: 0 }, field: 'budgetMs' },
    { kind: 'use-case', json: { ...shop, budgetMs: '100' }, field: 'budgetMs' },
    { kind: 'use-case', json: { ...shop, limit: { default: 9, max: 5 } }, field: 'limit.default' },
    { kind: 'use-case', json: { ...shop, fallback: ['guess'] }, field: 'fallback[0]' },
    { kind: 'use-case', json: { ...shop, fallback: ['precomputed'] }, field: 'fallback' },
    { kind: 'use-case', json: { ...shop, precomputed: { table: 'a; b', key: 'id' } }, field: 'precomputed.table' },
    { kind: 'use-case', json: { ...shop, budget: 100 }, field: 'budget' },
    { kind: 'use-case', json: { ...quote, limit: { default: 5 } }, field: 'limit' },
    { kind: 'use-case', json: { ...quote, inputs: { age: { default: {} } } }, field: 'inputs.age.default' },
    { kind: 'rule-set', json: [], field: undefined },
    { kind: 'rule-set', json: rules({ ...hide, skus: [] }), field: 'rules[0].skus' },
    { kind: 'rule-set', json: rules(hide, { ...hide, action: 'praise' }), field: 'rules[1].action' },
    { kind: 'rule-set', json: rules(hide, hide), field: 'rules[1].id' },
    { kind: 'rule-set', json: rules({ id: 'x', action: 'cap', items: 0.5 }), field: 'rules[0].items' },
    { kind: 'rule-set', json: rules({ id: 'x', action: 'minimum-score' }), field: 'rules[0].score' },
    { kind: 'rule-set', json: rules({ id: 'x', action: 'clamp', output: 'y' }), field: 'rules[0].min' },
    { kind: 'rule-set', json: rules({ id: 'x', action: 'clamp', output: 'y', min: 2, max: 1 }), field: 'rules[0].min' },
    { kind: 'rule-set', json: rules({ ...hide, when: { moments: ['later'] } }), field: 'rules[0].when.moments[0]' },
    { kind: 'rule-set', json: rules({ ...hide, when: { weather: ['rain'] } }), field: 'rules[0].when.weather' },
    { kind: 'rule-set', json: rules({ ...hide, when: { if: 'customer.age <' } }), field: 'rules[0].when.if' },
    { kind: 'rule-set', json: rules({ ...hide, when: { if: 'customer.age < 18' } }), field: 'rules[0].when.if' },
    { kind: 'rule-set', json: fielded({ ...hide, when: { if: 'item.age < 18' } }), field: 'rules[0].when.if' },
    { kind: 'rule-set', json: fielded({ ...hide, where: 'customer.age < "18"' }), field: 'rules[0].where' },
    { kind: 'rule-set', json: fielded({ id: 'x', action: 'hide' }), field: 'rules[0].skus' },
    { kind: 'rule-set', json: fielded({ id: 'x', action: 'cap', items: 2, per: 'shoe' }), field: 'rules[0].per' },
    { kind: 'rule-set', json: fielded({ id: 'x', action: 'diversify', by: 'tags' }), field: 'rules[0].by' },
    { kind: 'rule-set', json: fielded({ ...boost, factor: 'item.brand' }), field: 'rules[0].factor' },
    { kind: 'rule-set', json: fielded({ id: 'x', action: 'pin', sku: 'a', position: 0 }), field: 'rules[0].position' },
    { kind: 'rule-set', json: fielded({ ...quota, min: 3, max: 2 }), field: 'rules[0].min' },
    { kind: 'rule-set', json: fielded({ ...quota, min: 9 }), field: 'rules[0].min' },
    { kind: 'rule-set', json: fielded(quota), field: 'rules[0].min' },
    { kind: 'rule-set', json: fielded({ id: 'x', action: 'mask' }), field: 'rules[0].inputs' },
    {
      kind: 'rule-set',
      json: fielded({ id: 'x', action: 'override', output: 'y', value: 1 }),
      field: 'rules[0].reason',
    },
    { kind: 'rule-set', json: rules({ ...hide, when: { from: '2026-12-24' } }), field: 'rules[0].when.from' },
    { kind: 'rule-set', json: rules({ ...hide, when: { from: noon, until: noon } }), field: 'rules[0].when.until' },
    { kind: 'rule-set', json: { rules: [], fields: { item: { in: 'text' } } }, field: 'fields.item.in' },
    {
      kind: 'rule-set',
      json: { rules: [], fields: { item: { constructor: 'text' } } },
      field: 'fields.item.constructor',
    },
    { kind: 'rule-set', json: { rules: [], fields: { item: { a: 'int' } } }, field: 'fields.item.a' },
    { kind: 'rule-set', json: fielded(...Array.from({ length: 4 }, costly)), field: 'rules' },
    {
      kind: 'rule-set',
      json: fielded(...Array.from({ length: 501 }, (_, i) => ({ ...hide, id: `r${i}`, where: 'true' }))),
      field: 'rules',
    },
    { kind: 'use-case', json: { ...shop, segments: [{ name: 'a', from: 'customer.a' }] }, field: 'segments[0].from' },
    { kind: 'use-case', json: { ...shop, segments: [country, country] }, field: 'segments' },
    { kind: 'use-case', json: { ...shop, holdout: { shareBps: 5_000, salt: 'a' } }, field: 'holdout.shareBps' },
    {
      kind: 'use-case',
      json: { ...shop, lookups: { customer: { ...table, table: 'a; drop' } } },
      field: 'lookups.customer.table',
    },
    {
      kind: 'use-case',
      json: { ...shop, lookups: { customer: { ...table, key: 'a"b' } } },
      field: 'lookups.customer.key',
    },
    { kind: 'use-case', json: { ...shop, logging: { unit: 'forget' } }, field: 'logging.unit' },
    { kind: 'use-case', json: { ...quote, inputs: { age: { from: 'inputs.years' } } }, field: 'inputs.age.from' },
    { kind: 'use-case', json: { ...quote, routes: [{ ...api, path: '/v1/quote' }] }, field: 'routes[0].path' },
    { kind: 'use-case', json: { ...quote, routes: [{ ...api, path: '/../etc' }] }, field: 'routes[0].path' },
    { kind: 'use-case', json: { ...quote, fallback: { rungs: ['cached', 'cached'] } }, field: 'fallback.rungs' },
    { kind: 'shop-keys', json: { keys: [{ ...key, sha256: 'secret' }] }, field: 'keys[0].sha256' },
    { kind: 'shop-keys', json: { keys: [{ ...key, scopes: ['all'] }] }, field: 'keys[0].scopes[0]' },
    { kind: 'shop-keys', json: { keys: [{ ...key, origins: ['*'] }] }, field: 'keys[0].origins[0]' },
    {
      kind: 'shop-keys',
      json: { keys: [{ ...key, origins: [page], scopes: ['test-rules'] }] },
      field: 'keys[0].scopes',
    },
    { kind: 'shop-keys', json: { keys: [key, { ...key, id: 'b' }] }, field: 'keys[1].sha256' },
    { kind: 'promotion-policy', json: { metrics: [{ metric: 'recall' }] }, field: 'metrics[0].validationSet' },
    {
      kind: 'promotion-policy',
      json: { limits: [{ metric: 'ms', validationSet: 'june' }] },
      field: 'limits[0].atLeast',
    },
    { kind: 'promotion-policy', json: { gates: [] }, field: 'gates' },
    { kind: 'poem', json: {}, field: 'kind' },
    { kind: 'toString', json: {}, field: 'kind' },
  ])('names $field of a bad $kind: $json', ({ kind, json, field }) => {
    const parse = () => parseDocument(kind, json);
    expect(parse).toThrow(Problem);
    expect(parse).toThrow(expect.objectContaining({ code: 'DOCUMENT_INVALID', field }));
  });
});
