import { z } from 'zod';
import { LIMIT_MAX, moments, outcomeKinds, ruleSetSchema, scopeName, sku, tensorValue } from '@vinaigrette/documents';

/** Most different items of a basket. */
export const BASKET_ITEMS_MAX = 1_000;

/** Most items of a basket, repeated ones counted: a list is refused by its length before its items are looked at. */
const BASKET_LENGTH_MAX = 10_000;

/** Longest id of a customer or another unit, in characters. */
export const UNIT_LENGTH_MAX = 256;

const unit = z.string().min(1).max(UNIT_LENGTH_MAX);

const occurredAt = z
  .union([z.iso.datetime({ offset: true }), z.number().int().min(0).max(8.64e15)], {
    error: 'must be an ISO 8601 time with its offset, or milliseconds since the epoch',
  })
  .optional()
  .meta({ description: 'Event time; only trusted callers may send it. Absent: now', example: '2011-07-01T09:30:00Z' });

const attributes = z
  .record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string().max(1_000)).max(BASKET_ITEMS_MAX)]),
  )
  .optional()
  .meta({ description: 'What rules and inputs may read, as far as the use case declares it' });

const context = z
  .strictObject({
    moment: z.enum(moments).optional().meta({ description: 'Where in the shop the answer is shown' }),
    market: scopeName.optional().meta({ example: 'de' }),
    channel: scopeName.optional().meta({ example: 'web' }),
  })
  .optional()
  .meta({ description: 'What the `when` of a rule is held against' });

const limit = z
  .number()
  .int()
  .min(1)
  .max(LIMIT_MAX)
  .meta({ description: "Most items wanted, and no more than the use case allows; absent: the use case's own" });

export const recommendationRequest = z
  .strictObject({
    basket: z
      .array(sku)
      .max(BASKET_LENGTH_MAX)
      .refine((items) => new Set(items).size <= BASKET_ITEMS_MAX, {
        message: `may hold ${BASKET_ITEMS_MAX} different items at most`,
      })
      .meta({ description: 'SKUs; repeated ones count once. Empty: best sellers', example: ['milk'] }),
    customer: z
      .strictObject({
        id: unit,
        attributes,
      })
      .optional()
      .meta({ example: { id: 'c-1027' } }),
    context,
    limit: limit.optional(),
    occurredAt,
  })
  .meta({
    id: 'RecommendationRequest',
    example: { basket: ['milk'], customer: { id: 'c-1027' }, context: { moment: 'cart' }, limit: 3 },
  });

export const customerQuery = z.strictObject({
  id: unit,
  useCase: z.string().min(1).max(64).optional(),
  limit: z.coerce.number().pipe(limit).optional(),
  ...context.unwrap().shape,
});

const servedBy = z
  .object({
    useCase: z.string(),
    useCaseVersion: z.number().int(),
    model: z.string(),
    version: z.number().int().meta({ description: 'The version that answered; with a fallback, the one asked' }),
    variant: z.string().meta({ example: 'champion' }),
    ruleSet: z.object({ name: z.string(), version: z.number().int() }).nullable(),
    fallback: z
      .string()
      .nullable()
      .meta({ description: "What answered instead of the model; null: the model's answer" }),
  })
  .meta({ id: 'ServedBy', description: 'Everything with a version that decided the answer' });

const servedByExample = {
  useCase: 'recommendations',
  useCaseVersion: 1,
  model: 'basket',
  version: 1,
  variant: 'champion',
  ruleSet: { name: 'shop', version: 1 },
  fallback: null,
};
const predictionId = '01931b70-5c1e-7a3c-9f4e-3b7d0a1c2e4f';

const reason = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('bought-together'),
    because: z.array(z.string()).meta({ description: 'Items of the basket' }),
    confidence: z.number().meta({ description: 'Share of the baskets with those items that hold this one too, 0..1' }),
    rule: z.number().int().optional().meta({ description: 'Number of the association rule within the model version' }),
  }),
  z.object({
    kind: z.literal('best-seller'),
    because: z.array(z.string()).meta({ description: 'Empty: nothing in the basket led here' }),
    baskets: z.number().int().meta({ description: 'How many baskets of the training sales hold the item' }),
  }),
  z.object({
    kind: z.literal('pinned'),
    because: z.array(z.string()).meta({ description: 'Empty: the shop wants it here' }),
    rule: z.string().meta({ description: 'Id of the rule that pins it' }),
  }),
]);

export const recommendation = z
  .object({
    predictionId: z.uuid().meta({ description: 'Name it when you tell what became of this answer' }),
    items: z.array(
      z.object({
        sku: z.string(),
        score: z
          .number()
          .meta({ description: "Confidence, 0..1; of a best seller its share of the best one's baskets; of a pin 0" }),
        reasons: z.array(reason),
      }),
    ),
    servedBy,
    precomputed: z
      .object({
        version: z.number().int().meta({ description: 'The model version that was asked' }),
        scoredAt: z.iso.datetime().meta({ description: 'When it was asked' }),
      })
      .optional()
      .meta({ description: 'Set: a batch gave this answer; the rules are those of now' }),
  })
  .meta({
    id: 'Recommendation',
    example: {
      predictionId,
      items: [
        {
          sku: 'sugar',
          score: 0.8,
          reasons: [{ kind: 'bought-together', because: ['milk'], confidence: 0.8, rule: 12 }],
        },
      ],
      servedBy: servedByExample,
    },
  });

export const predictionRequest = z
  .strictObject({
    unit: unit.optional().meta({ description: 'Who or what is predicted for' }),
    attributes,
    inputs: z.record(z.string(), tensorValue).meta({ description: "By the names of the model's signature" }),
    context,
    occurredAt,
  })
  .meta({ id: 'PredictionRequest', example: { unit: 'c-1027', inputs: { age: 42, smoker: 'no' } } });

export const prediction = z
  .object({
    predictionId: z.uuid(),
    outputs: z.record(z.string(), z.unknown()).meta({ description: 'A value by output name, or a list of them' }),
    servedBy,
  })
  .meta({
    id: 'PredictionAnswer',
    example: {
      predictionId,
      outputs: { charges: 7281.5 },
      servedBy: { ...servedByExample, useCase: 'quote', model: 'insurance', ruleSet: null },
    },
  });

export const feedbackRequest = z
  .strictObject({
    predictionId: z.uuid(),
    kind: z.enum(outcomeKinds),
    skus: z
      .array(sku)
      .min(1)
      .max(BASKET_ITEMS_MAX)
      .optional()
      .meta({ description: 'What was clicked, added, purchased' }),
    value: z
      .union([z.number(), z.string().min(1).max(1_000)])
      .optional()
      .meta({ description: 'The truth, for a label; a number, for a rating' }),
    revenue: z.number().optional().meta({ description: "In the shop's currency" }),
    occurredAt,
  })
  .refine(({ kind, skus }) => kind === 'label' || kind === 'rating' || skus !== undefined, {
    path: ['skus'],
    message: 'must name what was clicked, added or purchased',
  })
  .refine(({ kind, value }) => kind !== 'label' || value !== undefined, {
    path: ['value'],
    message: 'must hold the label',
  })
  .refine(({ kind, value }) => kind !== 'rating' || typeof value === 'number', {
    path: ['value'],
    message: 'must hold the rating, a number',
  })
  .meta({
    id: 'Feedback',
    example: { predictionId, kind: 'purchased', skus: ['sugar'], revenue: 1.29 },
    // What the refinements above check, in the words of JSON Schema.
    allOf: [
      {
        if: { properties: { kind: { enum: ['label', 'rating'] } } },
        then: { required: ['value'] },
        else: { required: ['skus'] },
      },
      { if: { properties: { kind: { const: 'rating' } } }, then: { properties: { value: { type: 'number' } } } },
    ],
  });

export const feedbackTaken = z.object({ outcomeId: z.uuid() }).meta({ id: 'FeedbackTaken' });

export const problemDetails = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    remedy: z.string().meta({ description: 'What to do about it' }),
    field: z.string().optional().meta({ description: 'JSON path of what is wrong', example: 'basket[3]' }),
    instance: z.string().meta({ description: 'The id of the request, as the log knows it' }),
  })
  .meta({
    id: 'Problem',
    example: {
      type: '/docs/errors#body_invalid',
      title: 'BODY_INVALID',
      status: 422,
      detail: 'basket[3]: Too small: expected string to have >=1 characters',
      code: 'BODY_INVALID',
      remedy: "Send the fields that the API reference (a gateway's is at /docs) names, in its types",
      field: 'basket[3]',
      instance: 'req-7',
    },
  });

/** Most requests of one batch. */
const BATCH_MAX = 100;

const batchOf = <Request extends z.ZodType>(request: Request, id: string) =>
  z.strictObject({ requests: z.array(request).min(1).max(BATCH_MAX) }).meta({ id });

/** One answer a request, in their order: a failure is one request's own. */
const answersOf = <Answer extends z.ZodType>(answer: Answer, id: string) =>
  z
    .object({
      answers: z.array(
        z.object({
          status: z.number().int().meta({ description: 'As if it had been asked alone', example: 200 }),
          answer: answer.optional(),
          problem: problemDetails
            .omit({ instance: true })
            .meta({ id: `${id}Problem` })
            .optional(),
        }),
      ),
    })
    .meta({ id });

export const recommendationBatch = batchOf(recommendationRequest, 'RecommendationBatch');
export const recommendationAnswers = answersOf(recommendation, 'RecommendationAnswers');
export const predictionBatch = batchOf(predictionRequest, 'PredictionBatch');
export const predictionAnswers = answersOf(prediction, 'PredictionAnswers');

const fieldValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

export const rulesTestRequest = z
  .strictObject({
    useCase: z.string().min(1).meta({ description: 'Whose rules, lookups and fields are tested' }),
    ruleSetVersion: z
      .number()
      .int()
      .min(1)
      .optional()
      .meta({ description: 'A version that is in force or on trial; absent: the one in force' }),
    rules: ruleSetSchema
      .optional()
      .meta({ description: 'A rule set that is not registered yet, instead', type: 'object' }),
    basket: z.array(sku).max(BASKET_ITEMS_MAX).optional(),
    inputs: z.record(z.string(), tensorValue).optional(),
    customer: z.strictObject({ id: unit, attributes }).optional(),
    context,
    at: z.iso.datetime({ offset: true }).optional().meta({ description: 'When it is asked; absent: now' }),
    items: z
      .array(z.strictObject({ sku, score: z.number() }))
      .max(BASKET_ITEMS_MAX)
      .optional()
      .meta({ description: "What the model recommends; absent: the version's best sellers" }),
    outputs: z.record(z.string(), tensorValue).optional().meta({ description: 'What the model predicts' }),
    catalogue: z
      .record(z.string(), z.record(z.string(), fieldValue))
      .optional()
      .meta({ description: 'Rows by SKU, in place of what is looked up' }),
  })
  .meta({
    id: 'RulesTest',
    example: {
      useCase: 'recommendations',
      basket: ['milk'],
      items: [{ sku: 'sugar', score: 0.8 }],
      rules: { rules: [{ id: 'recalled', action: 'hide', skus: ['sugar'] }] },
    },
  });

export const rulesTested = z
  .object({
    ruleSet: z.object({ name: z.string(), version: z.number().int() }).nullable(),
    refused: z.string().nullable().meta({ description: 'What the customer is told instead of an answer' }),
    fired: z
      .array(z.record(z.string(), z.unknown()))
      .meta({ description: 'Each rule that changed something, in order: what it changed, and what it left' }),
    items: z.array(z.object({ sku: z.string(), score: z.number() })),
    outputs: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'RulesTested' });
