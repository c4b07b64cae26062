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
export type { FeatureDefinition } from './feature.js';
