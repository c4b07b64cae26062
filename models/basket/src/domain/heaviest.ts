/** The places of so many of the heaviest, ascending; of equally heavy ones the later stay. `count` is 1 or more. */
export function heaviest(weights: Float64Array, count: number): Int32Array {
  const sorted = weights.slice().sort();
  const least = sorted[sorted.length - count] as number;
  // As many of the equally light ones go as have to.
  let spare = sorted.length - count - sorted.indexOf(least);
  const kept = new Int32Array(count);
  let at = 0;
  for (let place = 0; place < weights.length; place++) {
    const weight = weights[place] as number;
    if (weight > least || (weight === least && spare-- <= 0)) kept[at++] = place;
  }
  return kept;
}
