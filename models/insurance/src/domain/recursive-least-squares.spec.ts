import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Matrix, QrDecomposition } from 'ml-matrix';
import { RecursiveLeastSquares, type Fit } from './recursive-least-squares.js';

interface Row {
  values: number[];
  target: number;
  weight: number;
}

/** Intercept and slopes by one QR decomposition of all weighted rows at once. */
function atOnce(rows: readonly Row[]): number[] {
  const weighted = rows.map(({ values, weight }) => [1, ...values].map((value) => value * Math.sqrt(weight)));
  const targets = rows.map(({ target, weight }) => target * Math.sqrt(weight));
  return new QrDecomposition(new Matrix(weighted)).solve(Matrix.columnVector(targets)).to1DArray();
}

function rowByRow(rows: readonly Row[]): RecursiveLeastSquares {
  const squares = new RecursiveLeastSquares(rows[0]?.values.length ?? 0);
  for (const { values, target, weight } of rows) squares.add(values, target, weight);
  return squares;
}

/** In the units of the terms. */
function unscaled({ base, weights, means, scales }: Fit): number[] {
  const slopes = weights.map((weight, term) => weight / (scales[term] as number));
  return [base - slopes.reduce((sum, slope, term) => sum + slope * (means[term] as number), 0), ...slopes];
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  const size = Math.max(1, ...expected.map(Math.abs));
  actual.forEach((value, at) => expect(Math.abs(value - (expected[at] as number)) / size).toBeLessThan(tolerance));
}

const number = fc.integer({ min: -1_000, max: 1_000 }).map((value) => value / 10);
const row = fc.record({
  values: fc.tuple(number, number, number),
  target: number,
  weight: fc.integer({ min: -30, max: 30 }).map((power) => 2 ** power),
});
/** Rows that no chance makes collinear. */
const corners: Row[] = [
  [0, 0, 0],
  [100, 0, 0],
  [0, 100, 0],
  [0, 0, 100],
].map((values) => ({ values, target: 1, weight: 1 }));

describe('RecursiveLeastSquares', () => {
  it('fits what one decomposition of all weighted rows fits', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 50 }), (rows) => {
        const all = [...corners, ...rows];
        expectClose(unscaled(rowByRow(all).fit()), atOnce(all), 1e-6);
      }),
    );
  });

  it('shrinks old rows as if they had weighed less from the beginning', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 20 }), (rows) => {
        const squares = rowByRow(corners);
        squares.scaleWeights(0.25);
        for (const { values, target, weight } of rows) squares.add(values, target, weight);
        const all = [...corners.map((corner) => ({ ...corner, weight: 0.25 })), ...rows];
        expectClose(unscaled(squares.fit()), atOnce(all), 1e-6);
      }),
    );
  });

  it('says the weighted means, deviations and mean target of the rows', () => {
    const { base, means, scales } = rowByRow([
      { values: [0], target: 10, weight: 1 },
      { values: [4], target: 20, weight: 3 },
    ]).fit();
    expect([base, means[0], scales[0]].map((value) => Number(value?.toFixed(12)))).toEqual(
      [17.5, 3, Math.sqrt(3)].map((value) => Number(value.toFixed(12))),
    );
  });

  it('stays right over 300,000 forgetting rows whose columns nearly coincide, where normal equations do not', () => {
    const [slopes, count, last] = [[3, -2], 300_000, 4_000];
    const rows = Array.from({ length: count }, (_, n): Row => {
      const a = 1_000 + ((n * 7_919) % 1_000) / 1_000;
      const b = a + (((n * 104_729) % 997) / 997) * 1e-3;
      return { values: [a, b], target: 5 + 3 * a - 2 * b, weight: 2 ** ((n - count) / 400) };
    });
    const [intercept, ...found] = unscaled(rowByRow(rows).fit());
    expectClose(found, slopes, 1e-5);
    expect(Math.abs((intercept as number) - 5)).toBeLessThan(1e-2);
    // X'WX of the same rows: its condition is the square.
    const design = rows
      .slice(-last)
      .map(({ values, weight }) => [1, ...values].map((value) => value * Math.sqrt(weight)));
    const x = new Matrix(design);
    const y = Matrix.columnVector(rows.slice(-last).map(({ target, weight }) => target * Math.sqrt(weight)));
    const [, a = 0] = new QrDecomposition(x.transpose().mmul(x)).solve(x.transpose().mmul(y)).to1DArray();
    expect(Math.abs(a - 3)).toBeGreaterThan(Math.abs((found[0] as number) - 3));
  });

  it('forgets: a slope that changed is believed to half after a half-life', () => {
    const halfLife = 500;
    const rows = Array.from({ length: 20 * halfLife }, (_, n): Row => {
      const slope = n < 19 * halfLife ? 1 : 3;
      const value = (n % 11) - 5;
      return { values: [value], target: slope * value, weight: 2 ** (n / halfLife - 20) };
    });
    expect(unscaled(rowByRow(rows).fit())[1]).toBeCloseTo(2, 1);
  });

  it.each([
    ['there are too few rows', corners.slice(0, 2), 1],
    ['a term never changes', corners.map((corner) => ({ ...corner, values: [corner.values[0] as number, 7] })), 1],
    [
      'a term says what another says',
      corners.map(({ values: [a = 0, b = 0], ...rest }) => ({ ...rest, values: [a, b, a - b] })),
      2,
    ],
  ])('refuses to guess where %s', (_, rows, term) => {
    expect(() => rowByRow(rows).fit()).toThrow(`Term ${term} `);
  });

  it('goes on where it was saved', () => {
    const whole = rowByRow(corners);
    const half = rowByRow(corners.slice(0, 2));
    const again = new RecursiveLeastSquares(3, JSON.parse(JSON.stringify(half.save())) as number[]);
    for (const { values, target, weight } of corners.slice(2)) again.add(values, target, weight);
    expect(again.save()).toEqual(whole.save());
    expect(() => new RecursiveLeastSquares(4, half.save())).toThrow('4 terms');
  });
});
