import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDocument } from '@vinaigrette/documents';
import { applyRules, type Item } from './apply-rules.js';
import { compileRules } from './compile-rules.js';
import { Situation, type Circumstances } from './situation.js';

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
  it.each<{
    what: string;
    list: unknown[];
    situation?: Circumstances['context'];
    scored?: boolean;
    left: string;
    fired: object;
  }>([
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
    const compiled = rules(...list);
    const result = applyRules(compiled, answer, new Situation(compiled, { context: situation, nowMs: 0 }), scored);
    expect(result.items.map(({ sku }) => sku).join('')).toBe(left);
    expect(Object.fromEntries(result.fired.map((it) => [it.rule, it.removed]))).toEqual(fired);
  });
});

describe('rules that arrange', () => {
  const fields = { item: { brand: 'text', margin: 'number' }, customer: { age: 'number' } };
  const catalogue = new Map(
    Object.entries({ a: ['x', 0.1], b: ['x', 0.9], c: ['x', 0.1], d: ['y', 0.2] }).map(([sku, [brand, margin]]) => [
      sku,
      { brand: brand as string, margin: margin as number },
    ]),
  );
  const of = (...list: object[]) =>
    compileRules(
      parseDocument('rule-set', { fields, rules: list.map((rule, index) => ({ id: `r${index}`, ...rule })) }),
    );
  const run = (list: object[], circumstances: Partial<Circumstances> = {}) => {
    const compiled = of(...list);
    return applyRules(compiled, answer, new Situation(compiled, { catalogue, nowMs: 0, ...circumstances }), true);
  };
  const pinZ = { action: 'pin', sku: 'z', position: 2 };

  it.each<{ what: string; list: object[]; left: string; fired: string[]; circumstances?: Partial<Circumstances> }>([
    { what: 'a pin from outside', list: [pinZ], left: 'azbcd', fired: ['r0'] },
    { what: 'a pin beyond the end', list: [{ ...pinZ, position: 9 }], left: 'abcdz', fired: ['r0'] },
    { what: 'a pin of an item of the list', list: [{ ...pinZ, sku: 'd' }], left: 'adbc', fired: ['r0'] },
    { what: 'a pin of what is in the basket', list: [pinZ], circumstances: { basket: ['z'] }, left: 'abcd', fired: [] },
    { what: 'a pin that a later rule hides', list: [pinZ, { action: 'hide', skus: ['z'] }], left: 'abcd', fired: [] },
    { what: 'two pins at one place: the first', list: [pinZ, { ...pinZ, sku: 'd' }], left: 'azbcd', fired: ['r0'] },
    {
      what: 'a pin before a boost',
      list: [pinZ, { action: 'boost', skus: ['d'], factor: 99 }],
      left: 'dzabc',
      fired: ['r0', 'r1'],
    },
    { what: 'a boost of one', list: [{ action: 'boost', skus: ['d'], factor: 6 }], left: 'adbc', fired: ['r0'] },
    {
      what: 'a boost that changes no place',
      list: [{ action: 'boost', skus: ['d'], factor: 1.1 }],
      left: 'abcd',
      fired: [],
    },
    {
      what: 'a boost by margin',
      list: [{ action: 'boost', where: 'true', factor: '1 + item.margin' }],
      left: 'abcd',
      fired: [],
    },
    {
      what: 'a boost by much margin',
      list: [{ action: 'boost', where: 'item.margin > 0.5', factor: 'item.margin * 3' }],
      left: 'bacd',
      fired: ['r0'],
    },
    { what: 'bury', list: [{ action: 'bury', where: 'item.brand == "x"' }], left: 'dabc', fired: ['r0'] },
    {
      what: 'bury, then boost',
      list: [
        { action: 'bury', skus: ['a'] },
        { action: 'boost', skus: ['a'], factor: 9 },
      ],
      left: 'bcda',
      fired: ['r0'],
    },
    { what: 'two of a brand', list: [{ action: 'cap', items: 2, per: 'brand' }], left: 'abd', fired: ['r0'] },
    {
      what: 'two of a brand, one of them pinned',
      list: [
        { ...pinZ, sku: 'c', position: 1 },
        { action: 'cap', items: 2, per: 'brand' },
      ],
      left: 'cad',
      fired: ['r0', 'r1'],
    },
    {
      what: 'three in all, one of them pinned',
      list: [pinZ, { action: 'cap', items: 3 }],
      left: 'azb',
      fired: ['r0', 'r1'],
    },
    { what: 'brands apart', list: [{ action: 'diversify', by: 'brand' }], left: 'adbc', fired: ['r0'] },
    {
      what: 'one of brand y among two',
      list: [{ action: 'quota', where: 'item.brand == "y"', min: 1, within: 2 }],
      left: 'adbc',
      fired: ['r0'],
    },
    {
      what: 'at most one of brand x among two',
      list: [{ action: 'quota', where: 'item.brand == "x"', max: 1, within: 2 }],
      left: 'adbc',
      fired: ['r0'],
    },
    {
      what: 'none of brand x among three',
      list: [{ action: 'quota', where: 'item.brand == "x"', max: 0, within: 3 }],
      left: 'd',
      fired: ['r0'],
    },
    {
      what: 'a quota kept already',
      list: [{ action: 'quota', skus: ['a'], min: 1, max: 1, within: 2 }],
      left: 'abcd',
      fired: [],
    },
    {
      what: 'the priority, not the place',
      list: [
        { action: 'hide', skus: ['b'] },
        { action: 'cap', items: 2, priority: 1 },
      ],
      left: 'a',
      fired: ['r1', 'r0'],
    },
    {
      what: 'a rule of tomorrow',
      list: [{ action: 'cap', items: 1, when: { from: '1970-01-02T00:00:00Z' } }],
      left: 'abcd',
      fired: [],
    },
    {
      what: 'a rule of yesterday',
      list: [{ action: 'cap', items: 1, when: { until: '1970-01-01T00:00:00Z' } }],
      left: 'abcd',
      fired: [],
    },
    {
      what: 'hide in doubt',
      list: [{ action: 'hide', skus: ['a'], when: { if: 'customer.age < 18' } }],
      left: 'bcd',
      fired: ['r0'],
    },
    {
      what: 'hide, not in doubt',
      list: [{ action: 'hide', skus: ['a'], when: { if: 'customer.age < 18' }, whenUnknown: 'skip' }],
      left: 'abcd',
      fired: [],
    },
    {
      what: 'bury in doubt',
      list: [{ action: 'bury', skus: ['a'], when: { if: 'customer.age < 18' } }],
      left: 'abcd',
      fired: [],
    },
    {
      what: 'hide an item of which nothing is known',
      list: [{ action: 'hide', where: 'item.brand == "y"' }],
      circumstances: { catalogue: new Map() },
      left: '',
      fired: ['r0'],
    },
    {
      what: 'hide by item and customer',
      list: [{ action: 'hide', where: 'item.brand == "y" && customer.age < 18' }],
      circumstances: { customer: { age: 17 } },
      left: 'abc',
      fired: ['r0'],
    },
    {
      what: 'hide by item and another customer',
      list: [{ action: 'hide', where: 'item.brand == "y" && customer.age < 18' }],
      circumstances: { customer: { age: 18 } },
      left: 'abcd',
      fired: [],
    },
  ])('leave $left after $what', ({ list, left, fired, circumstances }) => {
    const result = run(list, circumstances);
    expect(result.items.map(({ sku }) => sku).join('')).toBe(left);
    expect(result.fired.map(({ rule }) => rule)).toEqual(fired);
  });

  it('tell of each rule what it took and moved, and the list as it left it', () => {
    const compiled = of({ action: 'hide', skus: ['b'] }, { action: 'bury', skus: ['a'] });
    const told: unknown[] = [];
    applyRules(compiled, answer, new Situation(compiled, { catalogue, nowMs: 0 }), true, (fired, left) =>
      told.push({ ...fired, left: left.join('') }),
    );
    expect(told).toEqual([
      { rule: 'r0', action: 'hide', removed: ['b'], moved: [], left: 'acd' },
      { rule: 'r1', action: 'bury', removed: [], moved: ['c', 'd', 'a'], left: 'cda' },
    ]);
  });

  describe('laws, for all rule sets and answers', () => {
    const anySku = fc.constantFrom(...'abcdefgh');
    const skus = fc.uniqueArray(anySku, { minLength: 1, maxLength: 4 });
    const when = fc.constantFrom(undefined, { if: 'customer.age < 18' }, { if: 'customer.age >= 18' });
    const where = fc.constantFrom('item.brand == "x"', 'item.margin > 0.4', 'item.brand == "y" && customer.age < 18');
    const chosen = fc.oneof(fc.record({ skus }), fc.record({ where }), fc.record({ skus, where }));
    const actions = {
      hide: chosen,
      'minimum-score': fc.record({ score: fc.double({ min: 0, max: 1, noNaN: true }) }),
      cap: fc.record({ items: fc.integer({ min: 1, max: 5 }), per: fc.constantFrom(undefined, 'brand') }),
      pin: fc.record({ sku: anySku, position: fc.integer({ min: 1, max: 6 }) }),
      boost: fc.tuple(chosen, fc.constantFrom(0.5, 3, '1 + item.margin')).map(([it, factor]) => ({ ...it, factor })),
      bury: chosen,
      quota: fc
        .tuple(chosen, fc.integer({ min: 0, max: 2 }), fc.integer({ min: 2, max: 5 }))
        .map(([it, max, within]) => ({ ...it, max, within })),
      diversify: fc.record({ by: fc.constant('brand'), gap: fc.integer({ min: 1, max: 3 }) }),
    };
    const anyRule = (...only: (keyof typeof actions)[]) =>
      fc.oneof(
        ...only.map((action) =>
          fc
            .tuple(actions[action] as fc.Arbitrary<object>, when)
            .map(([rule, scope]) => ({ action, ...rule, when: scope })),
        ),
      );
    const anyRules = (...only: (keyof typeof actions)[]) => fc.array(anyRule(...only), { maxLength: 8 });
    const all = Object.keys(actions) as (keyof typeof actions)[];
    const anyAnswer = fc.uniqueArray(anySku).map((list) => list.map((sku, index) => item(sku, 0.9 - index / 10)));
    const anyCustomer = fc.constantFrom({ age: 17 }, { age: 18 }, {});
    const shown = (list: object[], items: readonly Item[], customer: object) => {
      const compiled = of(...list);
      const situation = new Situation(compiled, { catalogue, customer: { ...customer }, nowMs: 0 });
      return applyRules(compiled, items, situation, true);
    };

    it('a boost leaves the order of a stable sort by the boosted score, however long the list', () =>
      fc.assert(
        fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean()), { maxLength: 150 }), (list) => {
          const items = list.map(([tenths], place) => item(`i${place}`, tenths / 10)).sort((a, b) => b.score - a.score);
          const skus = items.flatMap(({ sku }) => (list[Number(sku.slice(1))]![1] ? sku : []));
          const compiled = rules({ id: 'boost', action: 'boost', skus: [...skus, 'z'], factor: 2 });
          const weight = ({ sku, score }: Item) => (skus.includes(sku) ? 2 * score : score);
          const result = applyRules(compiled, items, new Situation(compiled, { nowMs: 0 }), true);
          expect(result.items).toEqual(items.toSorted((a, b) => weight(b) - weight(a)));
        }),
      ));

    it('what a rule hides is never shown, whatever else the others do', () =>
      fc.assert(
        fc.property(anyRules(...all), skus, anyAnswer, anyCustomer, (list, hidden, items, customer) => {
          const left = shown([...list, { action: 'hide', skus: hidden }], items, customer).items;
          return left.every(({ sku }) => !hidden.includes(sku));
        }),
      ));

    it('a pin stands at its place, or last of a shorter list', () =>
      fc.assert(
        fc.property(
          anyRules('minimum-score', 'boost', 'bury', 'quota', 'diversify'),
          fc.integer({ min: 1, max: 8 }),
          anyAnswer,
          anyCustomer,
          (list, position, items, customer) => {
            const left = shown([...list, { action: 'pin', sku: 'h', position }], items, customer).items;
            return left[Math.min(position, left.length) - 1]?.sku === 'h';
          },
        ),
      ));

    it('a cap holds, pins included', () =>
      fc.assert(
        fc.property(
          anyRules(...all),
          fc.integer({ min: 1, max: 4 }),
          anyAnswer,
          anyCustomer,
          (list, items, answered, customer) => {
            const left = shown([...list, { action: 'cap', items }], answered, customer).items;
            const brands = shown([...list, { action: 'cap', items, per: 'brand' }], answered, customer).items;
            const ofX = brands.filter(({ sku }) => catalogue.get(sku)?.brand === 'x');
            return left.length <= items && ofX.length <= items;
          },
        ),
      ));

    it('a quota holds among the first that are not pinned', () =>
      fc.assert(
        fc.property(
          anyRules('hide', 'boost', 'bury'),
          skus,
          anyAnswer,
          fc.integer({ min: 0, max: 3 }),
          (list, promoted, items, max) => {
            const left = shown([...list, { action: 'quota', skus: promoted, max, within: 3 }], items, {}).items;
            return left.slice(0, 3).filter(({ sku }) => promoted.includes(sku)).length <= max;
          },
        ),
      ));

    it('nothing is shown twice or made up, and what only takes away keeps the order', () =>
      fc.assert(
        fc.property(
          anyRules(...all),
          anyRules('hide', 'minimum-score', 'cap'),
          anyAnswer,
          anyCustomer,
          (list, taking, items, customer) => {
            const left = shown(list, items, customer).items.map(({ sku }) => sku);
            expect(new Set(left).size).toBe(left.length);
            const pinned = list.flatMap((it) => ('sku' in it ? [it.sku] : []));
            expect(left.every((sku) => pinned.includes(sku) || items.some((it) => it.sku === sku))).toBe(true);
            const { items: rest, fired } = shown(taking, items, customer);
            expect(rest).toEqual(items.filter((it) => rest.includes(it)));
            const removed = fired.flatMap((it) => it.removed);
            expect([...removed, ...rest.map(({ sku }) => sku)].sort()).toEqual(items.map(({ sku }) => sku).sort());
          },
        ),
      ));

    it('the same question has the same answer, asked again or of a rule set compiled again', () =>
      fc.assert(
        fc.property(anyRules(...all), anyAnswer, anyCustomer, (list, items, customer) => {
          expect(shown(list, items, customer)).toEqual(shown(list, items, customer));
        }),
      ));
  });
});
