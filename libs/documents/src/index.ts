export { driftPolicySchema, type DriftPolicy } from './drift-policy.js';
export { documentKinds, firstFault, parseDocument, type DocumentKind, type Documents } from './parse-document.js';
export { ruleSetSchema, type Rule, type RuleScope, type RuleSet } from './rule-set.js';
export { type Fields, type FieldType } from './field-types.js';
export { type Route } from './route.js';
export {
  predictionRungs,
  predictionUseCaseSchema,
  recommendationRungs,
  recommendationUseCaseSchema,
  useCaseSchema,
  type Lookup,
  type PredictionUseCase,
  type RecommendationUseCase,
  type UseCase,
} from './use-case.js';
export {
  alias,
  moments,
  name,
  outcomeKinds,
  scopeName,
  sku,
  SKU_LENGTH_MAX,
  tensorValue,
  type Moment,
  type OutcomeKind,
  type TensorValue,
} from './fields.js';
