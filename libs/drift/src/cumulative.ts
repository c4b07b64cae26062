import type { Counters } from './counters.js';
import type { Grid, NumericCells } from './grid.js';
import { total } from './total.js';

/** Both distributions at one value: the shares of observations below it. 0..1 */
export interface CumulativePoint {
  value: number;
  expectedBelow: number;
  actualBelow: number;
}

/**
 * The distributions of every numeric feature at up to `most` of its edges, ascending, the outermost always among them:
 * exact there, since edges are where the grid counts. Empty where a side has no observation.
 */
export function cumulativePoints(
  grid: Grid,
  window: Counters,
  expected: Counters,
  most: number,
): ReadonlyMap<string, CumulativePoint[]> {
  const numeric = grid.cells.filter((cells): cells is NumericCells => cells.kind === 'numeric');
  return new Map(
    numeric.map(({ feature: { name, edges, counts }, at }) => {
      const of = (counters: Counters) => counters.subarray(at + 1, at + 1 + counts.length);
      const [e, a] = [of(expected), of(window)];
      const [expectedTotal, actualTotal] = [total(e), total(a)];
      if (expectedTotal === 0 || actualTotal === 0) return [name, []];
      const chosen = chosenEdges(edges.length, most);
      const points: CumulativePoint[] = [];
      let [expectedBelow, actualBelow] = [0, 0];
      edges.forEach((value, edge) => {
        expectedBelow += e[edge] as number;
        actualBelow += a[edge] as number;
        if (!chosen.has(edge)) return;
        points.push({ value, expectedBelow: expectedBelow / expectedTotal, actualBelow: actualBelow / actualTotal });
      });
      return [name, points];
    }),
  );
}

function chosenEdges(edges: number, most: number): ReadonlySet<number> {
  const count = Math.min(edges, most);
  return new Set(Array.from({ length: count }, (_, i) => Math.round((i * (edges - 1)) / Math.max(1, count - 1))));
}
