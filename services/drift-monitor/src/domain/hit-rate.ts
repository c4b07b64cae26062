/** Predictions whose SKUs were shown, and what became of them. */
export interface HitCounts {
  predictions: number;
  /** Those with at least one click or purchase reported. */
  withOutcome: number;
  /** Of those: a clicked or purchased SKU was among the first five shown. */
  hitsAt5: number;
}

/** Shares are null where nothing was counted. 0..1 */
export interface HitRate extends HitCounts {
  hitRate: number | null;
  coverage: number | null;
}

export function hitRate(counts: HitCounts): HitRate {
  return {
    ...counts,
    hitRate: counts.withOutcome > 0 ? counts.hitsAt5 / counts.withOutcome : null,
    coverage: counts.predictions > 0 ? counts.withOutcome / counts.predictions : null,
  };
}
