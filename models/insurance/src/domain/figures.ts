/** How far predictions are from what was charged. */
export interface Figures {
  rows: number;
  /** 1 - residual / total sum of squares; null where all charges are equal. */
  r2: number | null;
  /** Root of the mean squared error, USD. */
  rmse: number;
  /** Mean absolute error, USD. */
  mae: number;
}

export function figuresOf(actual: readonly number[], predicted: readonly number[]): Figures {
  const rows = actual.length;
  if (rows === 0 || rows !== predicted.length)
    throw new RangeError(`Cannot compare ${rows} with ${predicted.length} rows`);
  const errors = actual.map((value, row) => value - (predicted[row] as number));
  const mean = actual.reduce((sum, value) => sum + value, 0) / rows;
  const squared = errors.reduce((sum, error) => sum + error ** 2, 0);
  const total = actual.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    rows,
    r2: total === 0 ? null : 1 - squared / total,
    rmse: Math.sqrt(squared / rows),
    mae: errors.reduce((sum, error) => sum + Math.abs(error), 0) / rows,
  };
}
