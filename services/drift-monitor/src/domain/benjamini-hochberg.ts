/**
 * Adjusted p-values (q-values) of several tests, in their order: rejecting all with q <= 0.05 keeps the expected share of
 * false alarms among the rejected at 5 % (Benjamini and Hochberg, 1995). 0..1
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const q = new Array<number>(pValues.length).fill(1);
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => b.p - a.p);
  let least = 1;
  order.forEach(({ p, index }, place) => {
    least = Math.min(least, p * (pValues.length / (pValues.length - place)));
    q[index] = least;
  });
  return q;
}
