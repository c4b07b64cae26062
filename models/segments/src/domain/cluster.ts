import { kmeans } from 'ml-kmeans';

export interface Clustering {
  /** [K][F], in the order of their first coordinate, ties by the next ones. */
  readonly centres: readonly (readonly number[])[];
  /** Customers of each centre. */
  readonly sizes: readonly number[];
  /** Sum of squared distances to the nearest centre. */
  readonly inertia: number;
}

/**
 * The best of several k-means runs (Lloyd's algorithm from k-means++ starts, Arthur and Vassilvitskii 2007): the one of
 * least inertia. The same points, number and seed give the same centres. Throws RangeError when there are fewer
 * different points than clusters.
 */
export function cluster(
  points: readonly (readonly number[])[],
  { clusters, starts, seed }: { clusters: number; starts: number; seed: number },
): Clustering {
  const different = new Set(points.map((point) => point.join())).size;
  if (different < clusters) throw new RangeError(`${different} different customers cannot fill ${clusters} clusters`);
  const data = points.map((point) => [...point]);
  let best: Clustering | undefined;
  for (let start = 0; start < starts; start++) {
    const { centroids } = kmeans(data, clusters, {
      seed: seed + start,
      initialization: 'kmeans++',
      maxIterations: 300,
    });
    const run = measured(points, centroids.sort(compareCentres));
    if (run.sizes.includes(0)) continue; // a centre nobody is near to is no segment
    if (!best || run.inertia < best.inertia) best = run;
  }
  if (!best) throw new RangeError(`No run out of ${starts} filled ${clusters} clusters`);
  return best;
}

/** Index of the nearest centre, the first of equals, and the squared distance to it. */
export function nearest(centres: Clustering['centres'], point: readonly number[]): { index: number; squared: number } {
  let found = { index: -1, squared: Infinity };
  centres.forEach((centre, index) => {
    const squared = centre.reduce((sum, value, axis) => sum + (value - (point[axis] as number)) ** 2, 0);
    if (squared < found.squared) found = { index, squared };
  });
  return found;
}

function measured(points: readonly (readonly number[])[], centres: readonly (readonly number[])[]): Clustering {
  const sizes = centres.map(() => 0);
  let inertia = 0;
  for (const point of points) {
    const { index, squared } = nearest(centres, point);
    sizes[index]! += 1;
    inertia += squared;
  }
  return { centres, sizes, inertia };
}

function compareCentres(a: readonly number[], b: readonly number[]): number {
  const axis = a.findIndex((value, index) => value !== b[index]);
  return axis < 0 ? 0 : (a[axis] as number) - (b[axis] as number);
}
