export { ShopClient, type CallOptions, type RecommendOptions, type ShopClientOptions } from './shop-client.js';
export { ShopProblem } from './shop-problem.js';
export type {
  Attributes,
  BatchAnswer,
  Context,
  CustomerQuery,
  Feedback,
  FeedbackTaken,
  Prediction,
  PredictionRequest,
  ProblemDetails,
  Reason,
  Recommendation,
  RecommendationRequest,
  RecommendedItem,
  ServedBy,
} from './contract.js';
