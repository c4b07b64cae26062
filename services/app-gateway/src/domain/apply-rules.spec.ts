import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDocument, type RuleSet } from '@vinaigrette/documents';
import { applyRules, clampOutputs, compileRules, type Item, type Situation } from './apply-rules.js';

const item = (sku: string, score: number): Item => ({ sku, score, reasons: [] });
const answer = [item('a', 0.9), item('b', 0.5), item('c', 0.3), item('d', 0.1)];
const rules = (...list: unknown[]) => compileRules(parseDocument('rule-set', { rules: list }));

const hide = { id: 'hide', action: 'hide', skus: ['b', 'z'] };
const sure = { id: 'sure', action: 'minimum-score', score: 0.3 };
const few = { id: 'few', action: 'cap', items: 2 };
const when = (moments?: string[], markets?: string[], channels?: string[]) => ({
  ...few,
  when: { moments, markets, channels },
});

describe('applyRules()', () => {
  it.each<{ what: string; list: unknown[]; situation?: Situation; scored?: boolean; left: string; fired: object }>([
    { what: 'no rule', list: [], left: 'abcd', fired: {} },
    { what: 'hide', list: [hide], left: 'acd', fired: { hide: ['b'] } },
    { what: 'hide what is not there', list: [{ ...hide, skus: ['z'] }], left: 'abcd', fired: {} },
    { what: 'a minimum, which itself passes', list: [sure], left: 'abc', fired: { sure: ['d'] } },
    { what: 'a minimum over best sellers', list: [sure], scored: false, left: 'abcd', fired: {} },
    { what: 'a cap', list: [few], left: 'ab', fired: { few: ['c', 'd'] } },
    { what: 'a cap of as many', list: [{ ...few, items: 4 }], left: 'abcd', fired: {} },
    { what: 'hide, then cap', list: [hide, few], left: 'ac', fired: { hide: ['b'], few: ['d'] } },
    { what: 'cap, then hide', list: [few, hide], left: 'a', fired: { few: ['c', 'd'], hide: ['b'] } },
    { what: 'another moment', list: [when(['cart'])], situation: { moment: 'product' }, left: 'abcd', fired: {} },
    { what: 'no moment said', list: [when(['cart'])], left: 'abcd', fired: {} },
    {
      what: 'one of the moments',
      list: [when(['product', 'cart'])],
      situation: { moment: 'cart' },
      left: 'ab',
      fired: { few: ['c', 'd'] },
    },
    {
      what: 'the market but not the channel',
      list: [when(undefined, ['de'], ['app'])],
      situation: { market: 'de', channel: 'web' },
      left: 'abcd',
      fired: {},
    },
  ])('leaves $left after $what', ({ list, situation = {}, scored = true, left, fired }) => {
    const result = applyRules(rules(...list), answer, situation, scored);
    expect(result.items.map(({ sku }) => sku).join('')).toBe(left);
    expect(Object.fromEntries(result.fired.map((it) => [it.rule, 'removed' in it && it.removed]))).toEqual(fired);
  });

  const anyRule = fc.oneof(
    fc.record({ action: fc.constant('hide'), skus: fc.array(fc.constantFrom(...'abcdef'), { minLength: 1 }) }),
    fc.record({ action: fc.constant('minimum-score'), score: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ action: fc.constant('cap'), items: fc.integer({ min: 1, max: 6 }) }),
  );
  const anyRules = fc.array(anyRule).map((list) => compileRules({ rules: list.map(named) } as RuleSet));
  const named = (rule: object, index: number) => ({ ...rule, id: `rule-${index}` });
  const anyItems = fc.uniqueArray(fc.constantFrom(...'abcdef')).map((skus) => skus.map((sku) => item(sku, 0.5)));

  it('only takes away: what is left keeps its order, and each item taken was taken once', () =>
    fc.assert(
      fc.property(anyRules, anyItems, fc.boolean(), (list, items, scored) => {
        const { items: left, fired } = applyRules(list, items, {}, scored);
        expect(left).toEqual(items.filter((it) => left.includes(it)));
        const removed = fired.flatMap((it) => ('removed' in it ? it.removed : []));
        expect([...removed, ...left.map(({ sku }) => sku)].sort()).toEqual(items.map(({ sku }) => sku).sort());
      }),
    ));
});

describe('clampOutputs()', () => {
  const floor = { id: 'floor', action: 'clamp', output: 'price', min: 0 };
  const band = { id: 'band', action: 'clamp', output: 'price', min: 1, max: 2 };
  it.each([
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
  ])('makes $price $is', ({ list, price, is, fired }) => {
    const result = clampOutputs(rules(...list), { price }, {});
    expect(result.outputs).toEqual({ price: is });
    expect(result.fired.map(({ rule }) => rule)).toEqual(fired);
  });
});
