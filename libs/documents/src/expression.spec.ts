import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Expressions } from './expression.js';
import { rowOf, type Scope } from './scope.js';

const customer = { age: 'number', country: 'text', vip: 'flag', liked: 'texts' } as const;
const item = { margin: 'number', brand: 'text', alcohol: 'flag' } as const;
const inputs = { bmi: 'number' } as const;
const expressions = new Expressions({ customer, item, inputs });

const scopeOf = (customerValues: object, itemValues: object = {}): Scope => ({
  customer: rowOf('customer', { ...customer, id: 'text' }, { ...customerValues }),
  item: rowOf('item', { ...item, sku: 'text' }, { sku: 'milk', ...itemValues }),
  inputs: rowOf('inputs', inputs, { bmi: 31 }),
  context: rowOf('context', { moment: 'text' }, { moment: 'cart' }),
  basket: new Set(['milk', 'tea']),
  score: 0.5,
  now: new Date('2026-12-24T18:00:00Z'),
});
const known = scopeOf(
  { id: 'c-1', age: 17, country: 'de', vip: true, liked: ['tea'] },
  { margin: 0.25, brand: 'acme', alcohol: true },
);

describe('a condition', () => {
  it.each([
    { text: 'customer.age < 18', holds: true },
    { text: 'customer.age == 17', holds: true },
    { text: '17 == customer.age', holds: true },
    { text: 'customer.age != 17', holds: false },
    { text: 'customer.age in [16.0, 17.0]', holds: true },
    { text: 'item.margin * 2 > 0.4', holds: true },
    { text: '1 + item.margin * 4 == 2', holds: true },
    { text: 'item.alcohol && customer.age < 18', holds: true },
    { text: '!(item.alcohol && customer.age < 18)', holds: false },
    { text: 'item.sku in basket', holds: true },
    { text: '!(item.brand in ["other"])', holds: true },
    { text: '"tea" in customer.liked', holds: true },
    { text: 'customer.liked.exists(sku, sku == item.sku)', holds: false },
    { text: 'customer.liked.filter(sku, sku != "milk").size() == 1', holds: true },
    { text: 'basket.all(sku, sku.startsWith("m"))', holds: false },
    { text: 'size(basket) > 1', holds: true },
    { text: 'score >= 0.5', holds: true },
    { text: 'inputs.bmi >= 30', holds: true },
    { text: 'context.moment == "cart"', holds: true },
    { text: 'now > timestamp("2026-12-01T00:00:00Z")', holds: true },
    { text: 'now.getMonth() == 11', holds: true },
    { text: 'customer.country == "de" ? customer.age < 18 : true', holds: true },
  ])('$text is $holds', ({ text, holds }) => {
    expect(expressions.condition(text).holds(known)).toBe(holds);
  });

  const unknown = scopeOf({ id: 'c-1', age: '17' }); // a text is no number: the age is not known
  it.each([
    { text: 'customer.age < 18', holds: undefined },
    { text: '!(customer.age < 18)', holds: undefined },
    { text: 'has(customer.age)', holds: false },
    { text: 'has(customer.age) && customer.age < 18', holds: false },
    { text: 'item.sku == "milk" || customer.age < 18', holds: true },
    { text: 'customer.age < 18 || item.sku == "milk"', holds: true },
    { text: 'customer.age < 18 && item.sku == "tea"', holds: false },
    { text: 'customer.age < 18 && item.sku == "milk"', holds: undefined },
    { text: 'customer.vip ? true : false', holds: undefined },
    { text: '[1, 2].exists(n, n == 1 && customer.age > 1)', holds: undefined },
  ])('$text of somebody unknown is $holds', ({ text, holds }) => {
    expect(expressions.condition(text).holds(unknown)).toBe(holds);
  });

  it.each([
    { text: 'customer.age <', says: /Unexpected|expected/i },
    { text: 'customer.age + "x" == "17x"', says: /overload/ },
    { text: 'customer.age', says: /true or false/ },
    { text: 'customer.shoe == 1', says: /shoe/ },
    { text: 'basket.shoe == 1', says: /./ },
    { text: 'somebody.age < 18', says: /somebody/ },
    { text: 'customer.constructor == "x"', says: /constructor/ },
    { text: 'customer.__proto__ == "x"', says: /__proto__/ },
    { text: 'customer["__proto__"] == "x"', says: /__proto__/ },
    { text: '{"__proto__": 1}.size() == 1', says: /map/ },
    { text: 'customer.country.matches("^(a+)+$")', says: /may not call matches/ },
    { text: 'cel.bind(a, customer.country + customer.country, a == "")', says: /may not call bind/ },
    { text: 'basket.map(a, a + a).size() > 1', says: /may not call map/ },
    { text: 'basket.exists(a, basket.exists(b, a == b))', says: /steps/ },
    { text: 'customer.liked.exists(a, a in basket)', says: /steps/ },
    { text: `${'('.repeat(40)}true${')'.repeat(40)}`, says: /depth|nest/i },
    { text: Array(150).fill('true').join(' && '), says: /node|depth/i },
    { text: `customer.age in [${Array(500).fill('1.0').join()}]`, says: /element|node/i },
  ])('is refused: $text', ({ text, says }) => {
    expect(() => expressions.condition(text)).toThrow(RangeError);
    expect(() => expressions.condition(text)).toThrow(says);
  });

  it('reads what it names, so that one about the item alone can be kept with the item', () => {
    expect([...expressions.condition('item.alcohol && customer.age < 18').reads]).toEqual([
      'item.alcohol',
      'customer.age',
    ]);
    expect([...expressions.condition('basket.exists(b, b == item.brand)').reads]).toContain('basket');
  });

  /** One request may not hold up the others, whatever the shop writes: the dearest text allowed, on the most data. */
  it('ends soon at its dearest', () => {
    const scope = { ...known, basket: new Set(Array.from({ length: 1_000 }, (_, index) => `sku-${index}`)) };
    const condition = expressions.condition('basket.exists(a, a.startsWith("x") && a.endsWith("y") && a.size() > 3)');
    expect(condition.cost).toBeLessThanOrEqual(20_000);
    expect(condition.holds(scope)).toBe(false);
  });

  it('is either compiled or refused, and never throws once compiled, whatever the text', () => {
    const words = fc.constantFrom(
      ...'customer.age item.margin basket ( ) && || ! < == + 1 "a" true in [ ] ? : . exists( b, size( has( now'.split(
        ' ',
      ),
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 8 }), (text) => {
        let condition;
        try {
          condition = expressions.condition(text.join(' '));
        } catch (error) {
          return error instanceof RangeError;
        }
        return [true, false, undefined].includes(condition.holds(known));
      }),
    );
  });
});

describe('an expression', () => {
  it.each([
    { text: 'customer.country', types: ['text'] as const, is: 'de' },
    { text: 'customer.age >= 18 ? "adult" : "minor"', types: ['text'] as const, is: 'minor' },
    { text: '1 + item.margin', types: ['number'] as const, is: 1.25 },
    { text: 'size(basket)', types: ['number'] as const, is: 2 },
    { text: 'customer.liked', types: ['texts'] as const, is: ['tea'] },
    { text: 'now.getHours()', types: ['number'] as const, is: 18 },
    { text: 'customer.age / 0', types: ['number'] as const, is: Infinity },
    { text: '1 / 0', types: ['number'] as const, is: undefined },
  ])('$text is $is', ({ text, types, is }) => {
    expect(expressions.expression(text, types).valueIn(known)).toEqual(is);
  });

  it('is refused when it is of another type', () => {
    expect(() => expressions.expression('customer.country', ['number'])).toThrow('must be a number, not string');
  });
});

describe('a row', () => {
  it('owns what was declared and has that type, and nothing else', () => {
    const bad = JSON.parse(
      '{"__proto__": {"vip": true}, "constructor": 1, "age": 17, "country": 5, "liked": ["a", 1]}',
    );
    expect(Object.entries(rowOf('customer', customer, bad))).toEqual([['age', 17]]);
  });
});
