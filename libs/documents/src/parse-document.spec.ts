import { describe, expect, it } from '@jest/globals';
import { Problem } from '@vinaigrette/problems';
import { parseDocument } from './parse-document.js';

const shop = { kind: 'recommendation', model: 'basket' };
const quote = { kind: 'prediction', model: 'insurance' };
const rules = (...list: unknown[]) => ({ rules: list });
const hide = { id: 'recalled', action: 'hide', skus: ['A'] };

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

  it.each([
    { kind: 'use-case', json: null, field: undefined },
    { kind: 'use-case', json: {}, field: 'kind' },
    { kind: 'use-case', json: { kind: 'recommendation' }, field: 'model' },
    { kind: 'use-case', json: { ...shop, model: 'Basket' }, field: 'model' },
    { kind: 'use-case', json: { ...shop, budgetMs: 0 }, field: 'budgetMs' },
    { kind: 'use-case', json: { ...shop, budgetMs: '100' }, field: 'budgetMs' },
    { kind: 'use-case', json: { ...shop, limit: { default: 9, max: 5 } }, field: 'limit.default' },
    { kind: 'use-case', json: { ...shop, fallback: ['guess'] }, field: 'fallback[0]' },
    { kind: 'use-case', json: { ...shop, budget: 100 }, field: 'budget' },
    { kind: 'use-case', json: { ...quote, limit: { default: 5 } }, field: 'limit' },
    { kind: 'use-case', json: { ...quote, inputs: { age: { default: {} } } }, field: 'inputs.age.default' },
    { kind: 'rule-set', json: [], field: undefined },
    { kind: 'rule-set', json: rules({ ...hide, skus: [] }), field: 'rules[0].skus' },
    { kind: 'rule-set', json: rules(hide, { ...hide, action: 'pin' }), field: 'rules[1].action' },
    { kind: 'rule-set', json: rules(hide, hide), field: 'rules[1].id' },
    { kind: 'rule-set', json: rules({ id: 'x', action: 'cap', items: 0.5 }), field: 'rules[0].items' },
    { kind: 'rule-set', json: rules({ id: 'x', action: 'minimum-score' }), field: 'rules[0].score' },
    { kind: 'rule-set', json: rules({ id: 'x', action: 'clamp', output: 'y' }), field: 'rules[0].min' },
    { kind: 'rule-set', json: rules({ id: 'x', action: 'clamp', output: 'y', min: 2, max: 1 }), field: 'rules[0].min' },
    { kind: 'rule-set', json: rules({ ...hide, when: { moments: ['later'] } }), field: 'rules[0].when.moments[0]' },
    { kind: 'rule-set', json: rules({ ...hide, when: { weather: ['rain'] } }), field: 'rules[0].when.weather' },
    { kind: 'poem', json: {}, field: 'kind' },
    { kind: 'toString', json: {}, field: 'kind' },
  ])('names $field of a bad $kind: $json', ({ kind, json, field }) => {
    const parse = () => parseDocument(kind, json);
    expect(parse).toThrow(Problem);
    expect(parse).toThrow(expect.objectContaining({ code: 'DOCUMENT_INVALID', field }));
  });
});
