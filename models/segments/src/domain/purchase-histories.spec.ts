import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PurchaseHistories, type SalesLine } from './purchase-histories.js';

const at = (day: string) => Date.parse(`${day}Z`);
const sale = (change: Partial<SalesLine> = {}): SalesLine => ({
  invoice: '1',
  customer: 'ann',
  pieces: 2,
  price: 1.5,
  soldAtMs: at('2011-06-10T18:00'),
  ...change,
});
const finish = (lines: readonly SalesLine[], asOfMs?: number) => {
  const histories = new PurchaseHistories(asOfMs);
  for (const line of lines) histories.add(line);
  return { ...histories.finish(), leftOut: histories.leftOut, lines: histories.lines };
};

describe('PurchaseHistories', () => {
  it('counts days, orders and money of each customer', () => {
    const lines = [
      sale(),
      sale({ price: 4 }),
      sale({ invoice: '2', soldAtMs: at('2011-06-01T09:00') }),
      sale({ customer: 'bob' }),
    ];
    expect(finish(lines)).toEqual({
      rows: [
        [1, 2, 14],
        [1, 1, 3],
      ],
      asOfMs: at('2011-06-11T00:00'),
      leftOut: 0,
      lines: 4,
    });
  });

  it.each([
    ['nobody', { customer: '' }],
    ['a cancelled invoice', { invoice: 'C1' }],
    ['what came back', { pieces: -1 }],
    ['a giveaway', { price: 0 }],
    ['a negative price', { price: -3 }],
    ['what was sold later', { soldAtMs: at('2011-07-01T00:00') }],
  ])('leaves out %s', (_, change) => {
    const { rows, leftOut } = finish([sale(), sale({ invoice: '9', ...change })], at('2011-07-01T00:00'));
    expect({ rows, leftOut }).toEqual({ rows: [[21, 1, 3]], leftOut: 1 });
  });

  it('does not hang on the order of the lines', () => {
    const anySale = fc.record({
      invoice: fc.constantFrom('1', '2', 'C3'),
      customer: fc.constantFrom('ann', 'bob', ''),
      pieces: fc.integer({ min: -2, max: 9 }),
      price: fc.double({ min: 0, max: 99, noNaN: true }),
      soldAtMs: fc.integer({ min: 0, max: 1e12 }),
    });
    fc.assert(
      fc.property(
        fc
          .array(anySale, { minLength: 1 })
          .chain((lines) => fc.tuple(fc.constant(lines), fc.shuffledSubarray(lines, { minLength: lines.length }))),
        ([lines, shuffled]) => {
          expect(finish(shuffled)).toEqual(finish(lines));
        },
      ),
    );
  });
});
