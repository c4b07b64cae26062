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

/**
 * How much nearer points lie to their own centre than to the next one, -1 to 1: the mean of (b - a) / max(a, b) over the
 * distances a and b to the two nearest centres (the simplified silhouette, Hruschka et al., 2006). Points on both count 0.
 */
export function silhouette(centres: Clustering['centres'], points: readonly (readonly number[])[]): number {
  const widths = points.map((point) => {
    const own = nearest(centres, point);
    const others = centres.filter((_, index) => index !== own.index);
    const [a, b] = [Math.sqrt(own.squared), Math.sqrt(nearest(others, point).squared)];
    return b === 0 ? 0 : (b - a) / b;
  });
  return widths.reduce((sum, width) => sum + width, 0) / widths.length;
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
