import { describe, expect, it } from '@jest/globals';
import { tensorOf } from '@vinaigrette/signature';
import fc from 'fast-check';
import { joiningKey, joinRows, sameAnswer, splitRows, type Tensors } from './join-rows.js';

const items = (...skus: string[]): Tensors => ({ items: tensorOf('BYTES', [1, skus.length], skus) });
const age = (years: number): Tensors => ({ age: tensorOf('FP32', [1, 1], [years]) });

describe('joiningKey()', () => {
  it.each([
    { what: 'two baskets of one size', a: items('x', 'y'), b: items('z', 'w'), exact: true, padded: true },
    { what: 'two baskets of two sizes', a: items('x', 'y'), b: items('z'), exact: false, padded: true },
    { what: 'other inputs', a: items('x'), b: age(1), exact: false, padded: false },
    {
      what: 'lists of numbers of two sizes: no number means nothing',
      a: { history: tensorOf('INT64', [1, 2], [1, 2]) },
      b: { history: tensorOf('INT64', [1, 1], [1]) },
      exact: false,
      padded: false,
    },
  ])('is equal for $what: $exact, and $padded with padding', ({ a, b, exact, padded }) => {
    expect(joiningKey(a, 'exact') === joiningKey(b, 'exact')).toBe(exact);
    expect(joiningKey(a, 'padded') === joiningKey(b, 'padded')).toBe(padded);
  });

  it('is undefined for what is not one row', () => {
    expect(joiningKey({ x: tensorOf('FP32', [2], [1, 2]) }, 'padded')).toBeUndefined();
    expect(joiningKey({ x: tensorOf('FP32', [], [1]) }, 'exact')).toBeUndefined();
  });
});

describe('joinRows() and splitRows()', () => {
  it('pads shorter lists of text with ""', () => {
    expect(joinRows([items('a'), items('b', 'c')])).toEqual({
      items: { datatype: 'BYTES', shape: [2, 2], data: ['a', '', 'b', 'c'] },
    });
  });

  it('give back each row as it was', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string(), fc.float(), fc.bigInt({ min: -9n, max: 9n })), { minLength: 1 }),
        (rows) => {
          const questions = rows.map(([text, number, whole]) => ({
            text: tensorOf('BYTES', [1], [text]),
            number: tensorOf('FP32', [1, 1], [number]),
            whole: tensorOf('INT64', [1, 2], [whole, 0n]),
          }));
          expect(splitRows(joinRows(questions), rows.length)).toEqual(questions);
        },
      ),
    ));

  it('know an answer that is not one row for each', () => {
    expect(splitRows({ y: tensorOf('FP32', [1], [1]) }, 2)).toBeUndefined();
  });
});

describe('sameAnswer()', () => {
  const y = (...values: number[]): Tensors => ({ y: tensorOf('FP32', [1, values.length], values) });
  it.each([
    { one: y(1, NaN), other: y(1, NaN), same: true },
    { one: y(1), other: y(1.000_000_1), same: true },
    { one: y(1), other: y(1.001), same: false },
    { one: y(1), other: y(1, 2), same: false },
    { one: y(1), other: {}, same: false },
    { one: items('a'), other: items('b'), same: false },
    { one: { n: tensorOf('INT64', [1], [1n]) }, other: { n: tensorOf('INT64', [1], [2n]) }, same: false },
  ])('of $one and $other is $same', ({ one, other, same }) => {
    expect(sameAnswer(one, other)).toBe(same);
  });
});
