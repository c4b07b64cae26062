import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PredictionStatus } from '@vinaigrette/contracts/events';
import { openShop } from './open-shop.js';
import { document, recommendations } from './shop.js';
import { readLog } from './test-gateway.js';

/** What the shop knows of its goods. */
const catalogue = {
  wine: { brand: 'hill', alcohol: true, stock: 5, margin: 0.3 },
  rum: { brand: 'sea', alcohol: true, stock: 2, margin: 0.4 },
  sugar: { brand: 'cane', alcohol: false, stock: 9, margin: 0.1 },
  flour: { brand: 'mill', alcohol: false, stock: 0, margin: 0.1 },
  jam: { brand: 'cane', alcohol: false, stock: 4, margin: 0.6 },
  syrup: { brand: 'cane', alcohol: false, stock: 4, margin: 0.2 },
  stollen: { brand: 'oven', alcohol: false, stock: 3, margin: 0.2 },
};
const columns = { brand: 'text', alcohol: 'flag', stock: 'number', margin: 'number' };
const fields = { customer: { age: 'number', bought: 'texts' }, item: columns };

const noAlcohol = { id: 'no-alcohol', action: 'hide', where: 'item.alcohol && customer.age < 18' };
const inStock = { id: 'in-stock', action: 'hide', where: 'item.stock < 1' };
const notAgain = { id: 'not-again', action: 'hide', where: 'item.sku in customer.bought', whenUnknown: 'skip' };
const margin = { id: 'margin', action: 'boost', where: 'item.margin > 0', factor: '1 + item.margin' };
const brands = { id: 'brands', action: 'cap', items: 2, per: 'brand' };
const december = { from: '2026-12-01T00:00:00Z', until: '2027-01-01T00:00:00Z' };
const seasonal = { id: 'season', action: 'pin', sku: 'stollen', position: 1, when: december };
const after = { id: 'after', action: 'cap', items: 1, when: { moments: ['post_purchase'] } };
const before = { id: 'before', action: 'bury', skus: ['wine'], when: { moments: ['cart', 'checkout'] } };

const useCase = {
  ...recommendations,
  ruleSet: 'grocery',
  attributes: { age: 'number', bought: 'texts' },
  lookups: { catalogue: { table: 'goods', key: 'sku', columns } },
};
const grocery = { fields, rules: [noAlcohol, inStock, notAgain, margin, brands, seasonal, after, before] };
const quote = {
  kind: 'prediction',
  model: 'insurance',
  ruleSet: 'bounds',
  budgetMs: 1_000,
  fields: { age: 'number' },
  segments: [{ name: 'grown', from: 'inputs.age >= 18' }],
  inputs: { history: { default: [1, 2] }, smoker: { default: 'no' } },
};
const bounds = {
  fields: { inputs: { age: 'number' } },
  rules: [
    { id: 'grown-up', action: 'refuse', message: 'Insurance is for grown-ups', when: { if: 'inputs.age < 18' } },
    { id: 'floor', action: 'clamp', output: 'charges', min: 'inputs.age * 150' },
    {
      id: 'ill',
      action: 'override',
      output: 'class',
      value: 'ask',
      reason: 'a person decides',
      when: { markets: ['uk'] },
    },
    { id: 'blind', action: 'mask', inputs: ['smoker'], when: { markets: ['eu'] } },
  ],
};

describe("the shop's rules", () => {
  let shop: Awaited<ReturnType<typeof openShop>>;
  beforeAll(async () => {
    shop = await openShop([
      document('use-case', 'grocery', useCase),
      document('rule-set', 'grocery', grocery),
      document('use-case', 'bounded-quote', quote),
      document('rule-set', 'bounds', bounds),
    ]);
  }, 60_000);
  afterAll(() => shop.close(), 60_000);

  const items = ['wine', 'rum', 'sugar', 'flour', 'jam', 'syrup'].map((sku, at) => ({ sku, score: 0.9 - at / 10 }));
  const adult = { age: 40, bought: [] };
  const test = (body: object) => shop.gateway.post('/v1/rules/test', { useCase: 'grocery', catalogue, items, ...body });

  it.each<{ what: string; rules: object[]; request?: object; attributes?: object; left: string; fired: string[] }>([
    {
      what: 'no alcohol to a minor',
      rules: [noAlcohol],
      attributes: { age: 17 },
      left: 'sugar flour jam syrup',
      fired: ['no-alcohol'],
    },
    { what: 'alcohol to an adult', rules: [noAlcohol], left: 'wine rum sugar flour jam syrup', fired: [] },
    {
      what: 'no alcohol to somebody of unknown age',
      rules: [noAlcohol],
      attributes: {},
      left: 'sugar flour jam syrup',
      fired: ['no-alcohol'],
    },
    { what: 'nothing out of stock', rules: [inStock], left: 'wine rum sugar jam syrup', fired: ['in-stock'] },
    {
      what: 'never what was just bought',
      rules: [notAgain],
      attributes: { bought: ['rum'] },
      left: 'wine sugar flour jam syrup',
      fired: ['not-again'],
    },
    { what: 'a boost by margin', rules: [margin], left: 'wine rum jam sugar flour syrup', fired: ['margin'] },
    { what: 'at most two of a brand', rules: [brands], left: 'wine rum sugar flour jam', fired: ['brands'] },
    {
      what: 'the pin of the season',
      rules: [seasonal],
      request: { at: '2026-12-24T12:00:00Z' },
      left: 'stollen wine rum sugar flour jam syrup',
      fired: ['season'],
    },
    {
      what: 'no pin out of season',
      rules: [seasonal],
      request: { at: '2026-11-30T12:00:00Z' },
      left: 'wine rum sugar flour jam syrup',
      fired: [],
    },
    {
      what: 'rules before a purchase',
      rules: [after, before],
      request: { context: { moment: 'cart' } },
      left: 'rum sugar flour jam syrup wine',
      fired: ['before'],
    },
    {
      what: 'rules after a purchase',
      rules: [after, before],
      request: { context: { moment: 'post_purchase' } },
      left: 'wine',
      fired: ['after'],
    },
  ])('show $left: $what', async ({ rules, request, attributes = adult, left, fired }) => {
    const { status, body } = await test({ rules: { fields, rules }, customer: { id: 'c-1', attributes }, ...request });
    expect({ status, detail: body.detail }).toEqual({ status: 200, detail: undefined });
    expect(body.items.map(({ sku }: { sku: string }) => sku).join(' ')).toBe(left);
    expect(body.fired.map(({ rule }: { rule: string }) => rule)).toEqual(fired);
  });

  it('are shown one by one, of the version in force, with what each changed and left', async () => {
    const { body } = await test({
      customer: { id: 'c-1', attributes: { age: 17, bought: ['jam'] } },
      at: '2026-12-24T12:00:00Z',
    });
    expect(body.ruleSet).toEqual({ name: 'grocery', version: 1 });
    expect(body.fired).toEqual([
      {
        rule: 'no-alcohol',
        action: 'hide',
        removed: ['wine', 'rum'],
        moved: [],
        left: ['stollen', 'sugar', 'flour', 'jam', 'syrup'],
      },
      { rule: 'in-stock', action: 'hide', removed: ['flour'], moved: [], left: ['stollen', 'sugar', 'jam', 'syrup'] },
      { rule: 'not-again', action: 'hide', removed: ['jam'], moved: [], left: ['stollen', 'sugar', 'syrup'] },
      { rule: 'season', action: 'pin', removed: [], moved: ['stollen'], left: ['stollen', 'sugar', 'syrup'] },
    ]);
    const other = await test({ ruleSetVersion: 2 });
    expect({ status: other.status, code: other.body.code }).toEqual({ status: 404, code: 'VERSION_NOT_FOUND' });
  });

  it.each([
    {
      why: 'a field nobody brings',
      rules: { fields: { item: { hue: 'text' } }, rules: [] },
      code: 'DOCUMENT_INVALID',
      field: undefined,
    },
    {
      why: 'syntax',
      rules: { rules: [{ ...inStock, where: 'item.' }] },
      code: 'BODY_INVALID',
      field: 'rules.rules[0].where',
    },
    {
      why: 'a slow pattern',
      rules: { fields, rules: [{ ...inStock, where: 'item.brand.matches("(a+)+$")' }] },
      code: 'BODY_INVALID',
      field: 'rules.rules[0].where',
    },
    {
      why: 'a cost bomb',
      rules: { fields, rules: [{ ...inStock, where: 'basket.all(a, basket.all(b, a == b))' }] },
      code: 'BODY_INVALID',
      field: 'rules.rules[0].where',
    },
    {
      why: 'a prototype',
      rules: { fields, rules: [{ ...inStock, where: 'item.__proto__ == "a"' }] },
      code: 'BODY_INVALID',
      field: 'rules.rules[0].where',
    },
  ])('are refused for $why', async ({ rules, code, field }) => {
    const { status, body } = await test({ rules });
    expect({ status, code: body.code, field: body.field }).toEqual({ status: 422, code, field });
  });

  it('refuse before the model is asked, and say so; the record stays', async () => {
    const asked = shop.models.asked;
    const { status, body } = await shop.gateway.post('/v1/predictions/bounded-quote', {
      inputs: { age: 17 },
      unit: 'c-9',
    });
    expect({ status, code: body.code, detail: body.detail }).toEqual({
      status: 403,
      code: 'REFUSED_BY_RULE',
      detail: 'Insurance is for grown-ups',
    });
    expect(shop.models.asked).toBe(asked);
    const { predictions } = await readLog(shop.space.eventLogDir);
    const [record, ...more] = predictions.filter(({ unit }) => unit === 'c-9');
    expect(more).toEqual([]);
    expect(record).toMatchObject({
      status: PredictionStatus.ERROR,
      firedRules: ['grown-up'],
      segments: ['grown=false'],
    });
  });

  it.each([
    { market: 'de', outputs: { charges: 6_000, class: 'ok' } }, // the floor is 150 a year of age
    { market: 'uk', outputs: { charges: 6_000, class: 'ask' } },
  ])('bound and override what is predicted in $market', async ({ market, outputs }) => {
    const body = { inputs: { age: 40 }, context: { market } };
    expect((await shop.gateway.post('/v1/predictions/bounded-quote', body)).body.outputs).toEqual(outputs);
  });

  it('hide an input from the model', async () => {
    const inputs = { age: 40, smoker: 'yes' }; // the model charges smokers -1, and the floor lifts that
    const before = await shop.gateway.post('/v1/rules/test', {
      useCase: 'bounded-quote',
      inputs,
      context: { market: 'eu' },
      outputs: { charges: 1 },
    });
    expect(before.body.fired.map(({ rule }: { rule: string }) => rule)).toEqual(['blind', 'floor']);
  });
});
