/** An estimate with its interval; `low` and `high` are null where nothing was counted. */
export interface Estimate {
  value: number | null;
  low: number | null;
  high: number | null;
  /** Observations behind it. */
  n: number;
}

/** Two-sided 95 %: each of its ends is a one-sided bound at 97.5 %. */
export const Z_95 = 1.959963984540054;
/** One-sided 95 %. */
export const Z_ONE_SIDED_95 = 1.6448536269514722;

export const nothing: Estimate = { value: null, low: null, high: null, n: 0 };

/**
 * A share and its score interval (Wilson, 1927, J. Am. Stat. Assoc. 22): stays within 0..1 and holds its level also for
 * few observations and shares near the ends. `n` may be an effective size and no whole number.
 */
export function wilson(share: number, n: number, z = Z_95): Estimate {
  if (!(n > 0)) return nothing;
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  // At the ends the formula gives them exactly; floating point does not.
  const low = share <= 0 ? 0 : Math.max(0, centre - half);
  return { value: share, low, high: share >= 1 ? 1 : Math.min(1, centre + half), n };
}

/** A mean and its normal interval from the sums of the values and of their squares. */
export function meanOf(sum: number, sumOfSquares: number, n: number, z = Z_95): Estimate {
  if (!(n > 0)) return nothing;
  const mean = sum / n;
  if (n < 2) return { value: mean, low: null, high: null, n };
  const variance = Math.max(0, (sumOfSquares - n * mean * mean) / (n - 1));
  const half = z * Math.sqrt(variance / n);
  return { value: mean, low: mean - half, high: mean + half, n };
}

/** The same through a growing function, such as a root. */
export function through(estimate: Estimate, grow: (value: number) => number): Estimate {
  const of = (value: number | null) => (value === null ? null : grow(value));
  return { ...estimate, value: of(estimate.value), low: of(estimate.low), high: of(estimate.high) };
}

/** Sums over units (customers), each with `n` predictions that are worth `x` together. They add over disjoint units. */
export interface RatioSums {
  units: number;
  n: number;
  x: number;
  nn: number;
  xx: number;
  xn: number;
}

/**
 * The mean of x per n, and its variance by the delta method over units: what one customer does twice is not two
 * customers (Deng, Knoblich and Lu, 2018, "Applying the Delta Method in Metric Analytics", KDD).
 */
export function ratioOf({ units, n, x, nn, xx, xn }: RatioSums): { mean: number; variance: number } | undefined {
  if (units < 2 || n === 0) return undefined;
  const mean = x / n;
  const spread = Math.max(0, xx - 2 * mean * xn + mean * mean * nn);
  return { mean, variance: (spread / (n * n)) * (units / (units - 1)) };
}

/** A KPI's estimate: shares by Wilson with the effective sample size that their variance over units stands for. */
export function ratioEstimate(sums: RatioSums, isShare: boolean, z = Z_95): Estimate {
  const ratio = ratioOf(sums);
  if (!ratio) return { ...nothing, value: sums.n > 0 ? sums.x / sums.n : null, n: sums.n };
  const { mean, variance } = ratio;
  if (isShare) {
    const effective = variance > 0 ? (mean * (1 - mean)) / variance : sums.units;
    return { ...wilson(mean, Math.min(sums.n, Math.max(effective, 1)), z), n: sums.n };
  }
  const half = z * Math.sqrt(variance);
  return { value: mean, low: mean - half, high: mean + half, n: sums.n };
}

/** How much more the treated get than the others, per so many predictions: independent groups, unequal variances. */
export function differenceOf(treated: RatioSums, control: RatioSums, per: number, z = Z_95): Estimate {
  const [a, b] = [ratioOf(treated), ratioOf(control)];
  if (!a || !b) return nothing;
  const value = (a.mean - b.mean) * per;
  const half = z * Math.sqrt(a.variance + b.variance) * per;
  return { value, low: value - half, high: value + half, n: treated.n + control.n };
}
