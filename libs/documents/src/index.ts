export { driftPolicySchema, type DriftPolicy } from './drift-policy.js';
export { documentKinds, firstFault, parseDocument, type DocumentKind, type Documents } from './parse-document.js';
export { promotionPolicySchema, type PromotionPolicy } from './promotion-policy.js';
export { Expressions, type Condition, type Expression } from './expression.js';
export {
  noFields,
  readsItemOnly,
  ruleExpressions,
  ruleSetSchema,
  type RuleExpressions,
  type RuleFields,
  type RuleSet,
} from './rule-set.js';
export { type Rule, type RuleScope } from './rule.js';
export { keyScopes, type KeyScope, type ShopKey, type ShopKeys } from './shop-keys.js';
export { fieldsOf, rowOf, type FieldValue, type Row, type Scope, type Vocabulary } from './scope.js';
export { fieldTypes, type Fields, type FieldType } from './field-types.js';
export { type Route } from './route.js';
export {
  LIMIT_MAX,
  predictionRungs,
  predictionUseCaseSchema,
  recommendationRungs,
  recommendationUseCaseSchema,
  segmentTypes,
  useCaseSchema,
  useCaseVocabulary,
  type Lookup,
  type Precomputed,
  type PredictionUseCase,
  type RecommendationUseCase,
  type UseCase,
} from './use-case.js';
export {
  alias,
  moments,
  name,
  outcomeKinds,
  SCOPE_NAME_LENGTH_MAX,
  scopeName,
  sku,
  SKU_LENGTH_MAX,
  tensorValue,
  type Moment,
  type OutcomeKind,
  type TensorValue,
} from './fields.js';
export { kpiSchema, type Kpi } from './kpi.js';
export { guardedMeasures, performanceSchema, type GuardedMeasure, type PerformancePolicy } from './performance.js';
export type { ValidationSet } from './validation-set.js';
export { retrainingSchema, type RetrainingPolicy } from './retraining.js';
