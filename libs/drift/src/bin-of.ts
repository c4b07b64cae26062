/** The bin of a value: 0 below the first edge, i in [edge i-1, edge i), edges.length from the last edge up. */
export function binOf(edges: ArrayLike<number>, value: number): number {
  return search(edges, value, 0, edges.length);
}

/** Equal strips of the range between the outermost edges, several for each edge: most hold one or none. */
const STRIPS_PER_EDGE = 8;

/**
 * `binOf` for many values: a table of equal strips says from which edge on to search, and for most values it is that one
 * or the next. Frozen; edges ascend, are finite and at most 65,535.
 */
export class BinFinder {
  /** One more than there are: NaN, which no value has reached. */
  private readonly edges: Float64Array;
  /** For each strip the bin of its beginning; one more for the end of the last. */
  private readonly strips: Uint16Array;
  private readonly first: number;
  private readonly perUnit: number;

  constructor(edges: readonly number[]) {
    this.edges = Float64Array.of(...edges, NaN);
    this.first = edges[0] ?? 0;
    const count = edges.length * STRIPS_PER_EDGE;
    this.perUnit = count / ((edges.at(-1) ?? 0) - this.first);
    // Placed by the very arithmetic that looks values up, so rounding can never put a value before its strip's bin.
    this.strips = new Uint16Array(count + 2);
    for (const edge of edges) this.strips[this.stripOf(edge) + 1]! += 1;
    for (let strip = 1; strip < this.strips.length; strip++) this.strips[strip]! += this.strips[strip - 1] as number;
  }

  /** As `binOf`. NaN has no bin. */
  of(value: number): number {
    if (value < this.first) return 0;
    const strip = this.stripOf(value);
    const from = this.strips[strip] as number;
    // Added, not branched upon: which of two bins it is no processor can guess.
    const bin = from + Number((this.edges[from] as number) <= value);
    if (!((this.edges[bin] as number) <= value)) return bin;
    return search(this.edges, value, bin + 1, this.strips[strip + 1] as number);
  }

  /** Grows with the value; whatever is beyond the last edge is in the last strip. */
  private stripOf(value: number): number {
    const strip = (value - this.first) * this.perUnit;
    // Where the range is too narrow or too wide for the arithmetic, everything is in the last strip.
    return strip < this.strips.length - 2 ? Math.floor(strip) : this.strips.length - 2;
  }
}

function search(edges: ArrayLike<number>, value: number, from: number, to: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edges[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
