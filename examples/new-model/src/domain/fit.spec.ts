import { describe, expect, it } from '@jest/globals';
import { inputs, type Row } from './columns.js';
import { fit, logLikelihood, probabilityOf } from './fit.js';

/** Customers of whom more come back the more often they visited, one in ten of them against the rule. */
const rows: Row[] = Array.from({ length: 200 }, (_, n) => ({
  customer: inputs.map((_, at) => (at === 0 ? n : (n * (7 + at)) % 50)),
  returned: Number(n >= 100) ^ Number(n % 10 === 0),
}));
const change = (of: (row: Row) => Partial<Row>) => rows.map((row) => ({ ...row, ...of(row) }));

describe('fit()', () => {
  it('finds what tells them apart', () => {
    const model = fit(rows, 1);
    const at = (visits: number) =>
      probabilityOf(
        model,
        inputs.map((_, place) => (place === 0 ? visits : 25)),
      );
    expect(at(10)).toBeLessThan(0.3);
    expect(at(190)).toBeGreaterThan(0.7);
    expect(logLikelihood(model, rows)).toBeGreaterThan(-0.5);
  });

  it('shrinks to the share of all as the penalty grows', () => {
    const model = fit(rows, 1e6);
    const share = rows.filter(({ returned }) => returned === 1).length / rows.length;
    expect(probabilityOf(model, rows[0]?.customer ?? [])).toBeCloseTo(share, 2);
  });

  it.each([
    {
      what: 'one kind of row',
      rows: change(() => ({ returned: 1 })),
      message: /the same in every row: there is nothing/,
    },
    {
      what: 'a constant input',
      rows: change(({ customer }) => ({ customer: [5, ...customer.slice(1)] })),
      message: /is the same/,
    },
    {
      what: 'an unknown input',
      rows: change(({ customer }) => ({ customer: [NaN, ...customer.slice(1)] })),
      message: /is unknown/,
    },
    { what: 'no rows', rows: [], message: /nothing to tell apart/ },
  ])('refuses $what', ({ rows: useless, message }) => {
    expect(() => fit(useless, 1)).toThrow(message);
  });
});
