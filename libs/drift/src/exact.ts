/**
 * The definitions read straight from two samples, for whoever wants to check the figures of the grid: sorted values, no
 * bins. Slow and exact.
 */

/** Two-sample Kolmogorov-Smirnov distance, ties included. 0..1. Throws RangeError when a sample is empty. */
export function exactKolmogorovSmirnov(expected: readonly number[], actual: readonly number[]): number {
  if (expected.length === 0 || actual.length === 0) throw new RangeError('Cannot compare with an empty sample');
  const [e, a] = [Float64Array.from(expected).sort(), Float64Array.from(actual).sort()];
  let [i, j, distance] = [0, 0, 0];
  while (i < e.length && j < a.length) {
    const value = Math.min(e[i] as number, a[j] as number);
    while (i < e.length && e[i] === value) i += 1;
    while (j < a.length && a[j] === value) j += 1;
    distance = Math.max(distance, Math.abs(i / e.length - j / a.length));
  }
  return distance;
}

/** Counts of both samples between the expected sample's quantiles of index floor(i n / bins); a value >= cut goes up. */
export function quantileHistograms(
  expected: readonly number[],
  actual: readonly number[],
  bins = 10,
): [number[], number[]] {
  const sorted = Float64Array.from(expected).sort();
  const cuts = new Set(
    Array.from({ length: bins - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / bins)]),
  );
  const histogram = (sample: readonly number[]) => {
    const counts = new Array<number>(cuts.size + 1).fill(0);
    for (const value of sample) (counts[[...cuts].filter((cut) => value >= (cut as number)).length] as number) += 1;
    return counts;
  };
  return [histogram(expected), histogram(actual)];
}
