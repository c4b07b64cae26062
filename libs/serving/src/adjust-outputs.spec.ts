import { describe, expect, it } from '@jest/globals';
import { parseDocument } from '@vinaigrette/documents';
import { adjustOutputs, type OutputValue } from './adjust-outputs.js';
import { compileRules } from './compile-rules.js';
import { Situation } from './situation.js';

const fields = { inputs: { cost: 'number' } };
const rules = (...list: unknown[]) => compileRules(parseDocument('rule-set', { fields, rules: list }));
const situationOf = (compiled: ReturnType<typeof rules>) => new Situation(compiled, { inputs: { cost: 10 }, nowMs: 0 });

describe('adjustOutputs()', () => {
  const floor = { id: 'floor', action: 'clamp', output: 'price', min: 0 };
  const band = { id: 'band', action: 'clamp', output: 'price', min: 1, max: 2 };
  const agreed = { id: 'agreed', action: 'override', output: 'price', value: 5, reason: 'as agreed' };

  it.each<{ list: object[]; price: OutputValue; is: OutputValue; fired: string[] }>([
    { list: [floor], price: -1, is: 0, fired: ['floor'] },
    { list: [floor], price: 0, is: 0, fired: [] },
    { list: [floor, band], price: -1, is: 1, fired: ['floor', 'band'] },
    { list: [band], price: 3, is: 2, fired: ['band'] },
    { list: [band], price: [0, 1.5, 9], is: [1, 1.5, 2], fired: ['band', 'band'] },
    { list: [band], price: 'free', is: 'free', fired: [] },
    { list: [band], price: null, is: null, fired: [] },
    { list: [band], price: NaN, is: NaN, fired: [] },
    { list: [{ ...band, output: 'other' }], price: 9, is: 9, fired: [] },
    { list: [{ ...band, when: { markets: ['de'] } }], price: 9, is: 9, fired: [] },
    { list: [{ ...floor, min: 'inputs.cost * 1.2' }], price: 9, is: 12, fired: ['floor'] },
    { list: [{ ...floor, min: 'inputs.cost * 1.2', max: 11 }], price: 9, is: 11, fired: ['floor'] },
    { list: [{ ...floor, min: '1 / 0' }], price: -9, is: -9, fired: [] },
    { list: [agreed], price: 9, is: 5, fired: ['agreed'] },
    { list: [agreed], price: 5, is: 5, fired: [] },
    { list: [agreed, band], price: 9, is: 2, fired: ['agreed', 'band'] },
    { list: [{ ...agreed, when: { if: 'inputs.cost > 10' } }], price: 9, is: 9, fired: [] },
  ])('makes $price $is', ({ list, price, is, fired }) => {
    const compiled = rules(...list);
    const result = adjustOutputs(compiled, { price }, situationOf(compiled));
    expect(result.outputs).toEqual({ price: is });
    expect(result.fired.map(({ rule }) => rule)).toEqual(fired);
  });
});
