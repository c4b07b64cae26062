export { documentKinds, firstFault, parseDocument, type DocumentKind, type Documents } from './parse-document.js';
export { ruleSetSchema, type Rule, type RuleScope, type RuleSet } from './rule-set.js';
export {
  predictionUseCaseSchema,
  recommendationUseCaseSchema,
  useCaseSchema,
  type PredictionUseCase,
  type RecommendationUseCase,
  type UseCase,
} from './use-case.js';
export {
  alias,
  moments,
  name,
  scopeName,
  sku,
  SKU_LENGTH_MAX,
  tensorValue,
  type Moment,
  type TensorValue,
} from './fields.js';
