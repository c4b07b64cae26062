import type { Clustering } from './cluster.js';

const levels = ['low', 'mid', 'high'] as const;

/**
 * A name for each centre that says where it lies: for each feature whether its customers are in the lower, middle or
 * upper third of all - `recencyDays-low.orders-high.spent-high` is a shop's best segment. Two centres of the same thirds
 * are told apart by a number.
 */
export function nameSegments(
  names: readonly string[],
  centres: Clustering['centres'],
  points: readonly (readonly number[])[],
): string[] {
  const thirds = names.map((_, axis) => {
    const sorted = points.map((point) => point[axis] as number).sort((a, b) => a - b);
    return [1, 2].map((third) => sorted[Math.floor((third * sorted.length) / 3)] as number);
  });
  const given = new Map<string, number>();
  return centres.map((centre) => {
    const words = names.map((name, axis) => {
      const level = (thirds[axis] as number[]).filter((cut) => (centre[axis] as number) >= cut).length;
      return `${name}-${levels[level] as string}`;
    });
    const name = words.join('.');
    const place = (given.get(name) ?? 0) + 1;
    given.set(name, place);
    return place === 1 ? name : `${name}.${place}`;
  });
}
