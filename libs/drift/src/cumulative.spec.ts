import { expect, it } from '@jest/globals';
import { buildBaseline } from './build-baseline.js';
import { countRow, noCounters } from './counters.js';
import { cumulativePoints } from './cumulative.js';
import { gridOf } from './grid.js';

const rows = (values: number[]) => values.map((value) => ({ x: [value] }));
const grid = gridOf(
  buildBaseline([{ name: 'x', kind: 'numeric', from: { kind: 'value', tensor: 'x' } }], rows([...Array(500).keys()])),
);

it('tells both distributions at the edges, the outermost among them', () => {
  const window = noCounters(grid);
  for (const row of rows([-1, 0, 0, 499])) countRow(grid, row, window);
  const points = cumulativePoints(grid, window, grid.expected, 11).get('x')!;
  expect(points).toHaveLength(11);
  expect(points[0]).toEqual({ value: 0, expectedBelow: 0, actualBelow: 0.25 });
  expect(points.at(-1)).toEqual({ value: expect.closeTo(499), expectedBelow: 1, actualBelow: 1 });
  for (const { value, expectedBelow } of points) expect(expectedBelow).toBeCloseTo(Math.ceil(value) / 500, 12);
});

it('has no point where nothing was counted', () => {
  expect(cumulativePoints(grid, noCounters(grid), grid.expected, 11).get('x')).toEqual([]);
});
