/** What is asked of a gateway and what it answers, as its reference at /docs has it; the gateway's tests hold both equal. */

/** Where in the shop the answer is shown, in which market and on which channel. */
export interface Context {
  moment?: 'product' | 'cart' | 'checkout' | 'post_purchase' | undefined;
  market?: string | undefined;
  channel?: string | undefined;
}

/** What rules and inputs may read, as far as the use case declares it. */
export type Attributes = Record<string, string | number | boolean | null | string[]>;

export interface RecommendationRequest {
  /** SKUs, at most 1,000 different ones; empty: best sellers. */
  basket: string[];
  customer?: { id: string; attributes?: Attributes | undefined } | undefined;
  context?: Context | undefined;
  /** Most items wanted; absent: the use case's own. */
  limit?: number | undefined;
  /** Event time, ISO 8601 or milliseconds since the epoch; only trusted callers may send it. */
  occurredAt?: string | number | undefined;
}

/** Why an item is recommended. */
export type Reason =
  | {
      kind: 'bought-together';
      /** Items of the basket. */
      because: string[];
      /** Share of the baskets with those items that hold this one too, 0..1. */
      confidence: number;
      /** Number of the association rule within the model version. */
      rule?: number | undefined;
    }
  | { kind: 'best-seller'; because: string[]; /** Of the training sales that hold the item. */ baskets: number }
  | { kind: 'pinned'; because: string[]; /** Id of the rule that pins it. */ rule: string };

export interface RecommendedItem {
  sku: string;
  /** Confidence, 0..1; of a best seller its share of the best one's baskets; of a pin 0. */
  score: number;
  reasons: Reason[];
}

/** Everything with a version that decided an answer. */
export interface ServedBy {
  useCase: string;
  useCaseVersion: number;
  model: string;
  /** The version that answered; with a fallback, the one asked. */
  version: number;
  /** champion, canary, holdout, or the arm of an experiment. */
  variant: string;
  ruleSet: { name: string; version: number } | null;
  /** What answered instead of the model; null: the model's answer. */
  fallback: string | null;
}

export interface Recommendation {
  /** Name it when you tell what became of this answer. */
  predictionId: string;
  items: RecommendedItem[];
  servedBy: ServedBy;
  /** Set: a batch gave this answer; the rules are those of now. */
  precomputed?:
    | {
        /** The model version that was asked. */
        version: number;
        /** When it was asked, ISO 8601. */
        scoredAt: string;
      }
    | undefined;
}

/** How the answer that a batch gave a customer is wanted. */
export interface CustomerQuery extends Context {
  /** The document whose table of answers is read; absent: recommendations. */
  useCase?: string | undefined;
  /** Most items wanted; absent: the use case's own. */
  limit?: number | undefined;
}

type Scalar = string | number | boolean | null;

export interface PredictionRequest {
  /** Who or what is predicted for. */
  unit?: string | undefined;
  attributes?: Attributes | undefined;
  /** By the names of the model's signature. */
  inputs: Record<string, Scalar | Scalar[]>;
  context?: Context | undefined;
  /** Event time, ISO 8601 or milliseconds since the epoch; only trusted callers may send it. */
  occurredAt?: string | number | undefined;
}

export interface Prediction {
  predictionId: string;
  /** A value by output name, or a list of them. */
  outputs: Record<string, unknown>;
  servedBy: ServedBy;
}

/** What became of a prediction. */
export interface Feedback {
  predictionId: string;
  kind: 'clicked' | 'added-to-cart' | 'purchased' | 'rating' | 'label';
  /** What was clicked, added or purchased. */
  skus?: string[] | undefined;
  /** The truth, for a label; a number, for a rating. */
  value?: string | number | undefined;
  /** In the shop's currency. */
  revenue?: number | undefined;
  /** Event time, ISO 8601 or milliseconds since the epoch; only trusted callers may send it. */
  occurredAt?: string | number | undefined;
}

export interface FeedbackTaken {
  outcomeId: string;
}

/** A failure as application/problem+json tells it. */
export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** One of docs/errors.md. */
  code: string;
  /** What to do about it. */
  remedy: string;
  /** JSON path of what is wrong, e.g. basket[3]. */
  field?: string | undefined;
}

/** One answer of a batch: a failure is one request's own. */
export interface BatchAnswer<Answer> {
  /** As if it had been asked alone. */
  status: number;
  answer?: Answer | undefined;
  problem?: ProblemDetails | undefined;
}
