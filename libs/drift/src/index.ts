export {
  baselineSchema,
  defaultPolicy,
  parseBaseline,
  type Baseline,
  type BaselinePolicy,
  type CategoricalFeature,
  type Feature,
  type ItemsFeature,
  type NumericFeature,
} from './baseline.js';
export { buildBaseline, type BaselineExtras } from './build-baseline.js';
export { chiSquare, chiSquarePValue, type ChiSquare } from './chi-square.js';
export { addEncoded, countRow, encodeCounters, noCounters, raiseEncoded, type Counters } from './counters.js';
export { cumulativePoints, type CumulativePoint } from './cumulative.js';
export { exactKolmogorovSmirnov, quantileHistograms } from './exact.js';
export type { FeatureDefinition } from './feature.js';
export { featureDrifts, rowsIn, type FeatureDrift, type RateChange } from './feature-drift.js';
export { gridOf, slotsOf, type Grid } from './grid.js';
export { jensenShannonDistance, lInfinity } from './jensen-shannon.js';
export { kolmogorovSmirnov, kolmogorovSmirnovPValue, type KolmogorovSmirnov } from './kolmogorov-smirnov.js';
export { onGrid } from './on-grid.js';
export { PackedCounter, type PackedValues } from './packed-counter.js';
export { proportionsPValue, type Proportion } from './proportions.js';
export { populationStabilityIndex, rowsForPsi } from './psi.js';
export { wassersteinDistance } from './wasserstein.js';
