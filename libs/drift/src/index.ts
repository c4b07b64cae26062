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
export { buildBaseline } from './build-baseline.js';
export { chiSquare, chiSquarePValue, type ChiSquare } from './chi-square.js';
export { addCounters, countRow, decodeCounters, encodeCounters, raise, type Counters } from './counters.js';
export { exactKolmogorovSmirnov, quantileHistograms } from './exact.js';
export type { FeatureDefinition } from './feature.js';
export { featureDrifts, rowsIn, type FeatureDrift } from './feature-drift.js';
export { gridOf, slotsOf, type Grid } from './grid.js';
export { kolmogorovSmirnov, kolmogorovSmirnovPValue, type KolmogorovSmirnov } from './kolmogorov-smirnov.js';
export { populationStabilityIndex, rowsForPsi } from './psi.js';
