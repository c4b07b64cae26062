import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cluster, nearest, silhouette } from './cluster.js';

const around = (x: number, y: number) => [
  [x - 1, y],
  [x + 1, y],
  [x, y - 1],
  [x, y + 1],
];

describe('cluster()', () => {
  it('finds planted clusters, in the order of their first coordinate', () => {
    const points = [...around(50, 10), ...around(0, 0), ...around(50, 90)];
    expect(cluster(points, { clusters: 3, starts: 10, seed: 1 })).toEqual({
      centres: [
        [0, 0],
        [50, 10],
        [50, 90],
      ],
      sizes: [4, 4, 4],
      inertia: 12,
    });
  });

  it('refuses more clusters than there are different points', () => {
    const points = [[1], [1], [2]];
    expect(() => cluster(points, { clusters: 3, starts: 5, seed: 1 })).toThrow(
      /^2 different customers cannot fill 3 clusters/,
    );
  });

  it('gives every point to a nearest centre, and the same answer to the same seed', () => {
    const coordinate = fc.integer({ min: -100, max: 100 });
    const points = fc.uniqueArray(fc.tuple(coordinate, coordinate), {
      minLength: 6,
      maxLength: 40,
      selector: (point) => point.join(),
    });
    fc.assert(
      fc.property(points, fc.integer({ min: 2, max: 4 }), fc.nat(1_000), (given, clusters, seed) => {
        const found = cluster(given, { clusters, starts: 3, seed });
        expect(found.sizes.reduce((sum, size) => sum + size)).toBe(given.length);
        const inertia = given.reduce((sum, point) => sum + nearest(found.centres, point).squared, 0);
        expect(found.inertia).toBeCloseTo(inertia, 6);
        expect(cluster(given, { clusters, starts: 3, seed })).toEqual(found);
      }),
      { numRuns: 50 },
    );
  });
});

describe('silhouette()', () => {
  it.each([
    { what: 'points on their centres', points: [[0], [10]], is: 1 },
    { what: 'points half way', points: [[5]], is: 0 },
    { what: 'points a quarter of the way', points: [[2.5], [7.5]], is: 2 / 3 },
  ])('of $what is $is', ({ points, is }) => expect(silhouette([[0], [10]], points)).toBeCloseTo(is, 9));
});
