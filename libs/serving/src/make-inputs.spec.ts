import { describe, expect, it } from '@jest/globals';
import { parseDocument, type PredictionUseCase } from '@vinaigrette/documents';
import type { Signature } from '@vinaigrette/signature';
import { compileRules } from './compile-rules.js';
import { compileUseCase, segmentsOf } from './compile-use-case.js';
import { makeInputs, numbersFromText } from './make-inputs.js';
import { rulesBefore } from './rules-before.js';
import { scopeOf, Situation } from './situation.js';

const document = parseDocument('use-case', {
  kind: 'prediction',
  model: 'insurance',
  attributes: { smokes: 'flag' },
  lookups: { customer: { table: 'customers', key: 'id', columns: { age: 'number', region: 'text' } } },
  fields: { bmi: 'number' },
  segments: [
    { name: 'region', from: 'customer.region' },
    { name: 'obese', from: 'inputs.bmi >= 30' },
  ],
  inputs: {
    age: { from: 'customer.age', default: 40 },
    smoker: { from: 'customer.smokes ? "yes" : "no"', default: 'no' },
    weight: { from: 'inputs.bmi * 3' },
    children: { default: 0 },
  },
}) as PredictionUseCase;
const expressions = compileUseCase(document);
const rules = compileRules(
  parseDocument('rule-set', {
    rules: [
      { id: 'usual', action: 'default', input: 'children', value: 1 },
      { id: 'other', action: 'default', input: 'children', value: 2 },
      { id: 'blind', action: 'mask', inputs: ['age'], when: { markets: ['eu'] } },
      { id: 'closed', action: 'refuse', message: 'not here', when: { markets: ['mars'] } },
    ],
  }),
);

function make(inputs: Record<string, number | string>, customer: object = {}, market?: string) {
  const circumstances = { context: { market }, customer: { ...customer }, inputs, nowMs: 0 };
  const before = rulesBefore(rules, new Situation(rules, circumstances));
  const scope = scopeOf(expressions.fields, circumstances);
  const { given, otherwise } = makeInputs(document, expressions, inputs, before, scope);
  return {
    inputs: { ...otherwise, ...given },
    fired: before.fired.map(({ rule }) => rule),
    segments: segmentsOf(expressions, scope),
    refusal: before.refusal,
  };
}

describe('inputs', () => {
  it.each([
    { inputs: {}, customer: {}, made: { age: 40, smoker: 'no', children: 1 }, fired: ['usual'] },
    {
      inputs: { bmi: 31 },
      customer: { age: 50, smokes: true },
      made: { bmi: 31, age: 50, smoker: 'yes', weight: 93, children: 1 },
      fired: ['usual'],
    },
    {
      inputs: { age: 30, children: 4, weight: 1 },
      customer: { age: 50, smokes: 'yes' },
      made: { age: 30, smoker: 'no', weight: 1, children: 4 },
      fired: [],
    },
    {
      inputs: { age: 30 },
      customer: { age: 50 },
      market: 'eu',
      made: { age: 40, smoker: 'no', children: 1 },
      fired: ['usual', 'blind'],
    },
  ])('of $inputs by $customer are $made', ({ inputs, customer, market, made, fired }) => {
    const result = make(inputs as Record<string, number>, customer, market);
    expect({ inputs: result.inputs, fired: result.fired }).toEqual({ inputs: made, fired });
  });

  it('are not made for whom a rule refuses', () => {
    expect(make({}, {}, 'mars')).toMatchObject({ refusal: 'not here', fired: ['usual', 'closed'] });
  });

  it.each([
    { inputs: { bmi: 31 }, customer: { region: 'north' }, segments: ['region=north', 'obese=true'] },
    { inputs: { bmi: 20 }, customer: {}, segments: ['region=unknown', 'obese=false'] },
    { inputs: {}, customer: { region: 5 }, segments: ['region=unknown', 'obese=unknown'] },
  ])('of $inputs by $customer fall in $segments', ({ inputs, customer, segments }) => {
    expect(make(inputs as Record<string, number>, customer).segments).toEqual(segments);
  });
});

describe('numbersFromText()', () => {
  const signature: Signature = {
    inputs: [
      { name: 'age', datatype: 'FP32', shape: [-1] },
      { name: 'region', datatype: 'BYTES', shape: [-1] },
    ],
    outputs: [],
    logged: [],
  };
  it.each([
    ['40', 40],
    [' 40.5 ', 40.5],
    ['-1e3', -1_000],
    ['.5', 0.5],
    ['', ''],
    ['40 years', '40 years'],
    ['0x10', '0x10'],
    ['Infinity', 'Infinity'],
    ['4,5', '4,5'],
    [40, 40],
    [null, null],
  ])('reads %j as %j', (value, is) => {
    const values = { age: value, region: value, bmi: value };
    expect(numbersFromText(values, signature, { bmi: 'number' })).toEqual({ age: is, region: value, bmi: is });
  });
});
