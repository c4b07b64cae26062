/** Beside the rest of its column a diagonal this small is rounding: the column is a sum of those before it. */
const RANK_TOLERANCE = 1e-7;

/** charges = base + sum of weight x (value - mean) / scale, as of the weighted rows; see LinearModel. */
export interface Fit {
  base: number;
  weights: number[];
  means: number[];
  scales: number[];
}

/**
 * Weighted least squares with an intercept, updated row by row: the triangle R of a QR decomposition of the weighted rows
 * [1, x, y], into which each new row is turned by Givens rotations (Golub & Van Loan, Matrix Computations, 6.5; Gentleman,
 * 1973). n^2 operations a row and n^2 numbers, however many rows. The textbook's recursion squares the condition of the
 * rows and drifts, blows up, or loses symmetry where a term is not seen for long; rotations keep lengths, so errors do
 * not grow with the number of rows.
 *
 * Forgetting is in the weights: a row may weigh more than all before it, which comes to the same as their shrinking.
 */
export class RecursiveLeastSquares {
  /** Columns of the triangle: the intercept, the terms, the target. */
  private readonly size: number;
  /** The triangle by rows, all of it. */
  private readonly triangle: Float64Array;
  private readonly row: Float64Array;

  constructor(
    private readonly terms: number,
    saved?: readonly number[],
  ) {
    this.size = terms + 2;
    this.triangle = Float64Array.from(saved ?? new Array<number>(this.size ** 2).fill(0));
    this.row = new Float64Array(this.size);
    if (this.triangle.length !== this.size ** 2) throw new RangeError(`This was learnt with other than ${terms} terms`);
  }

  /** Takes in a row of the terms' values and its target, both finite, with a weight above 0. */
  add(values: readonly number[], target: number, weight: number): void {
    const { row, size, triangle, terms } = this;
    const root = Math.sqrt(weight);
    row[0] = root;
    for (let term = 0; term < terms; term++) row[term + 1] = (values[term] as number) * root;
    row[size - 1] = target * root;
    for (let pivot = 0; pivot < size; pivot++) {
      const below = row[pivot] as number;
      if (below === 0) continue;
      const at = pivot * size;
      const above = triangle[at + pivot] as number;
      const length = Math.sqrt(above * above + below * below);
      const [cosine, sine] = [above / length, below / length];
      triangle[at + pivot] = length;
      for (let column = pivot + 1; column < size; column++) {
        const [high, low] = [triangle[at + column] as number, row[column] as number];
        triangle[at + column] = cosine * high + sine * low;
        row[column] = cosine * low - sine * high;
      }
    }
  }

  /** Multiplies the weights of all rows so far. */
  scaleWeights(factor: number): void {
    const root = Math.sqrt(factor);
    for (let at = 0; at < this.triangle.length; at++) (this.triangle[at] as number) *= root;
  }

  /** Sum of the rows' weights. */
  get weight(): number {
    return this.at(0, 0) ** 2;
  }

  /**
   * What the rows say. Centred and scaled by the rows' own weighted means and deviations: both stand in the triangle,
   * since its first column is the intercept. Throws RangeError with the number of a term that is constant or says what
   * the terms before it say.
   */
  fit(): Fit {
    const { terms, size } = this;
    const origin = this.at(0, 0);
    const means: number[] = [];
    const scales: number[] = [];
    for (let term = 1; term <= terms; term++) {
      let squares = 0;
      for (let row = 1; row <= term; row++) squares += this.at(row, term) ** 2;
      means.push(this.at(0, term) / origin);
      scales.push(Math.sqrt(squares) / origin);
      const around = Math.hypot(Math.sqrt(squares), this.at(0, term));
      const alone = Math.abs(this.at(term, term));
      if (!(alone > RANK_TOLERANCE * Math.sqrt(squares)) || !(Math.sqrt(squares) > RANK_TOLERANCE * around)) {
        throw new UndeterminedTerm(term - 1);
      }
    }
    const slopes = new Array<number>(terms).fill(0);
    for (let term = terms; term >= 1; term--) {
      let rest = this.at(term, size - 1);
      for (let later = term + 1; later <= terms; later++) rest -= this.at(term, later) * (slopes[later - 1] as number);
      slopes[term - 1] = rest / this.at(term, term);
    }
    return {
      base: this.at(0, size - 1) / origin,
      weights: slopes.map((slope, term) => slope * (scales[term] as number)),
      means,
      scales,
    };
  }

  save(): number[] {
    return [...this.triangle];
  }

  private at(row: number, column: number): number {
    return this.triangle[row * this.size + column] as number;
  }
}

/** Too few rows, a term that is the same in all of them, or one that the others say already. */
export class UndeterminedTerm extends RangeError {
  constructor(readonly term: number) {
    super(`Term ${term} cannot be told from the others by these rows`);
  }
}
