import type { CustomerRow } from './segmentation.js';

const TYPICAL = 20;

/**
 * Batches of customers whose answers tell a right copy of the graph from a wrong one: typical ones, and the corners -
 * nothing known, each feature unknown alone, zeros, values far beyond all others, and several customers at once.
 */
export function goldenCustomers(rows: readonly CustomerRow[]): CustomerRow[][] {
  const step = Math.max(1, Math.floor(rows.length / TYPICAL));
  const typical = Array.from({ length: TYPICAL }, (_, place) => rows[(place * step) % rows.length] as CustomerRow);
  const [first] = typical as [CustomerRow];
  const largest = first.map((_, column) =>
    Math.max(...rows.map((row) => row[column] as number).filter(Number.isFinite)),
  );
  return [
    ...typical.map((row) => [row]),
    [first.map(() => NaN)],
    ...first.map((_, unknown) => [first.map((value, column) => (column === unknown ? NaN : value))]),
    [first.map(() => 0)],
    [largest.map((value) => value * 1_000)],
    typical.slice(0, 5),
  ];
}
