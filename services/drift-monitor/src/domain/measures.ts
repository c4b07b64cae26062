import { meanOf, nothing, through, wilson, Z_95, type Estimate } from './intervals.js';

/** Sums over labelled predictions of a regression: e = predicted - true. They add. */
export interface RegressionSums {
  n: number;
  e: number;
  absE: number;
  ee: number;
  eeee: number;
  y: number;
  yy: number;
}

/**
 * MAE, bias and RMSE with normal intervals of their means (of the squared error, for RMSE); R2 with Olkin and Finn's
 * large-sample variance (1995, Psychological Bulletin 118), which needs 0 < R2 < 1.
 */
export function regressionMeasures({ n, e, absE, ee, eeee, y, yy }: RegressionSums, z = Z_95) {
  const spread = yy - (y * y) / n;
  const r2 = n > 3 && spread > 0 ? 1 - ee / spread : null;
  const known = r2 !== null && r2 > 0 && r2 < 1;
  const half = known ? z * Math.sqrt((4 * r2 * (1 - r2) ** 2 * (n - 2) ** 2) / ((n * n - 1) * (n + 3))) : 0;
  return {
    mae: meanOf(absE, ee, n, z),
    rmse: through(meanOf(ee, eeee, n, z), (value) => Math.sqrt(Math.max(0, value))),
    bias: meanOf(e, ee, n, z),
    r2: { value: r2, low: known ? r2 - half : null, high: known ? Math.min(1, r2 + half) : null, n },
  };
}

/** How often a class was predicted when another, or the same, was true. */
export interface Confusion {
  predicted: string;
  actual: string;
  n: number;
}
/** Labelled predictions whose score fell in a bin of a thousandth. */
export interface ScoreBin {
  /** 0..999 */
  bin: number;
  n: number;
  positives: number;
  score: number;
}
export interface LossSums {
  n: number;
  logLoss: number;
  logLossSquared: number;
  brier: number;
  brierSquared: number;
}

export interface ClassMeasures {
  class: string;
  precision: Estimate;
  recall: Estimate;
  f1: Estimate;
}

/**
 * Accuracy, precision and recall are shares (Wilson). F1 = 2J / (1 + J) of the Jaccard share J = TP / (TP + FP + FN), so its
 * interval is J's own through that growing function.
 */
export function confusionMeasures(confusion: readonly Confusion[], z = Z_95) {
  const sum = (of: (cell: Confusion) => boolean) => confusion.filter(of).reduce((total, { n }) => total + n, 0);
  const share = (part: number, whole: number) => wilson(part / whole, whole, z);
  const classes = [...new Set(confusion.flatMap(({ predicted, actual }) => [predicted, actual]))].sort();
  return {
    accuracy: share(
      sum(({ predicted, actual }) => predicted === actual),
      sum(() => true),
    ),
    classes: classes.map((name): ClassMeasures => {
      const hits = sum(({ predicted, actual }) => predicted === name && actual === name);
      const predicted = sum((cell) => cell.predicted === name);
      const actual = sum((cell) => cell.actual === name);
      return {
        class: name,
        precision: share(hits, predicted),
        recall: share(hits, actual),
        f1: through(share(hits, predicted + actual - hits), (jaccard) => (2 * jaccard) / (1 + jaccard)),
      };
    }),
  };
}

/**
 * Area under the ROC curve from the score histogram: pairs within one bin count as ties, so the true value is at most half of
 * them away. Interval of Hanley and McNeil (1982, Radiology 143).
 */
export function areaUnderRoc(bins: readonly ScoreBin[], z = Z_95): Estimate & { binning: number | null } {
  const positives = bins.reduce((sum, bin) => sum + bin.positives, 0);
  const negatives = bins.reduce((sum, bin) => sum + bin.n, 0) - positives;
  if (positives === 0 || negatives === 0) return { ...nothing, binning: null };
  let [below, won, tied] = [0, 0, 0];
  for (const bin of [...bins].sort((a, b) => a.bin - b.bin)) {
    const others = bin.n - bin.positives;
    won += bin.positives * below;
    tied += bin.positives * others;
    below += others;
  }
  const pairs = positives * negatives;
  const a = (won + tied / 2) / pairs;
  const [q1, q2] = [a / (2 - a), (2 * a * a) / (1 + a)];
  const variance = (a * (1 - a) + (positives - 1) * (q1 - a * a) + (negatives - 1) * (q2 - a * a)) / pairs;
  const half = z * Math.sqrt(Math.max(0, variance));
  const binning = tied / 2 / pairs;
  return {
    value: a,
    low: Math.max(0, a - half - binning),
    high: Math.min(1, a + half + binning),
    n: positives + negatives,
    binning,
  };
}

/** Tenths of the score: the mean score beside the share that came true, and the mean gap (expected calibration error). */
export function calibration(bins: readonly ScoreBin[], z = Z_95) {
  const tenths = Array.from({ length: 10 }, (_, tenth) => {
    const inside = bins.filter(({ bin }) => Math.floor(bin / 100) === tenth);
    const n = inside.reduce((sum, bin) => sum + bin.n, 0);
    const positives = inside.reduce((sum, bin) => sum + bin.positives, 0);
    const score = inside.reduce((sum, bin) => sum + bin.score, 0);
    return { from: tenth / 10, meanScore: n > 0 ? score / n : null, cameTrue: wilson(positives / n, n, z) };
  });
  const total = tenths.reduce((sum, { cameTrue }) => sum + cameTrue.n, 0);
  const gap = tenths.reduce((sum, { meanScore, cameTrue }) => {
    return meanScore === null ? sum : sum + cameTrue.n * Math.abs(meanScore - (cameTrue.value ?? 0));
  }, 0);
  return { expectedError: total > 0 ? gap / total : null, tenths };
}

export const lossMeasures = ({ n, logLoss, logLossSquared, brier, brierSquared }: LossSums, z = Z_95) => ({
  logLoss: meanOf(logLoss, logLossSquared, n, z),
  brier: meanOf(brier, brierSquared, n, z),
});

/** Sums over predictions with an outcome: hits among the first k, reciprocal ranks, discounted gains. They add. */
export interface RankingSums {
  n: number;
  hits1: number;
  hits5: number;
  hits10: number;
  rr: number;
  rrSquared: number;
  ndcg: number;
  ndcgSquared: number;
}

/** Hit rates are shares (Wilson); MRR and NDCG@10 (Jaervelin and Kekaelaeinen, 2002, ACM TOIS 20) are means. */
export function rankingMeasures(sums: RankingSums, z = Z_95) {
  const { n, hits1, hits5, hits10, rr, rrSquared, ndcg, ndcgSquared } = sums;
  return {
    hitRateAt1: wilson(hits1 / n, n, z),
    hitRateAt5: wilson(hits5 / n, n, z),
    hitRateAt10: wilson(hits10 / n, n, z),
    mrr: meanOf(rr, rrSquared, n, z),
    ndcgAt10: meanOf(ndcg, ndcgSquared, n, z),
  };
}
