import { z } from 'zod';
import { alias, name, outcomeKinds, tensorName, tensorValue } from './fields.js';
import { expressionText } from './expression-text.js';
import { Expressions } from './expression.js';
import { fields, fieldTypes, identifier, type FieldType } from './field-types.js';
import { route } from './route.js';
import type { Vocabulary } from './scope.js';

/** Longest a model may take, in milliseconds: whoever waits longer than this for a page has left. */
const BUDGET_MS_MAX = 60_000;

/** Most items one answer may hold. */
export const LIMIT_MAX = 1_000;

const budgetMs = z.number().int().min(1).max(BUDGET_MS_MAX);

/** `table` or `schema.table`. */
const tableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?$/, 'must be a table, or schema.table');

/**
 * A customer's or an item's row in a table of the shop. Its columns are what conditions read as `customer.<column>` and
 * `item.<column>`; a row that is not there, or does not come in time, leaves them unknown.
 */
const lookup = z.strictObject({
  table: tableName,
  /** The column that holds the customer's id, or the item's SKU. */
  key: identifier,
  columns: fields.refine((columns) => Object.keys(columns).length > 0, 'must name at least one column'),
  /** How long the table may take, in milliseconds; it counts against `budgetMs`. */
  timeoutMs: z.number().int().min(1).max(1_000).default(20),
  cache: z
    .strictObject({
      /** Most rows kept; the ones not asked for longest go first. */
      rowsMax: z.number().int().min(1).max(1_000_000).default(10_000),
      /** How long a row is believed, in milliseconds. */
      ageMs: z.number().int().min(0).max(86_400_000).default(60_000),
    })
    .default({ rowsMax: 10_000, ageMs: 60_000 }),
});

export type Lookup = z.infer<typeof lookup>;

/** Where `vinaigrette batch score` has written answers, one row a customer and model version. */
const precomputed = z.strictObject({
  table: tableName,
  /** The column that holds the customer's id. */
  key: identifier,
  /** How old an answer may be, in milliseconds. */
  ageMsMax: z.number().int().min(1_000).default(172_800_000),
});

export type Precomputed = z.infer<typeof precomputed>;

const segment = z.strictObject({ name, from: expressionText });

const shared = {
  model: name,
  alias: alias.default('champion'),
  /** Name of the rule set applied around the model; absent: none. */
  ruleSet: name.optional(),
  /** How long the model may take, in milliseconds, before the next rung of the ladder answers. */
  budgetMs: budgetMs.default(100),
  /** The attributes a request may say of its customer; a column of the lookup with the same name is believed instead. */
  attributes: fields.default({}),
  lookups: z.strictObject({ customer: lookup.optional(), catalogue: lookup.optional() }).default({}),
  /**
   * Dimensions by which predictions are counted and traffic is split, e.g. `{name: country, from: customer.country}`: a
   * CEL expression over customer, context, basket or inputs, and now. Unknown values are "unknown".
   */
  segments: z
    .array(segment)
    .max(8)
    .refine((list) => new Set(list.map((it) => it.name)).size === list.length, 'names one dimension twice')
    .default([]),
  /** Units that never get a model's answer, so that what the model earns can be measured. */
  holdout: z
    .strictObject({
      /** Share of the units in basis points: 100 is 1 %. */
      shareBps: z.number().int().min(1).max(1_000),
      salt: z.string().min(1).max(64),
      /** What they get instead. */
      answer: z.enum(['best-sellers', 'nothing']).default('best-sellers'),
    })
    .optional(),
  /** Whether what is shown changes what happens, and so what the model learns from next. */
  feedbackLoop: z.boolean().default(false),
  /** The outcomes that count as success, for the guard and the holdout; absent: none does. */
  success: z
    .strictObject({
      kinds: z.array(z.enum(outcomeKinds)).min(1),
      /** How long after the prediction an outcome still counts, in milliseconds. */
      withinMs: z.number().int().min(1).default(86_400_000),
    })
    .optional(),
  /** Share of the requests of which a shadow gets a copy, 0..1. */
  shadowSample: z.number().min(0).max(1).default(1),
  /**
   * What the log keeps of `unit` and of each tensor: as it is, hashed (equal values stay equal), or nothing. What is not
   * listed is kept.
   */
  logging: z.record(tensorName, z.enum(['keep', 'hash', 'drop'])).default({}),
};

export const recommendationRungs = ['champion', 'previous', 'cached', 'precomputed', 'best-sellers'] as const;
export const predictionRungs = ['champion', 'previous', 'cached', 'declared-outputs'] as const;

/** How long a rung may take, in milliseconds, where it may not take all that is left of `budgetMs`. */
const rungBudgetsMs = <Rung extends string>(rungs: readonly Rung[]) =>
  z.partialRecord(z.enum(rungs), budgetMs).default({});

const ladder = <Rung extends string>(rungs: readonly Rung[]) =>
  z.array(z.enum(rungs)).refine((list) => new Set(list).size === list.length, 'names one rung twice');

export const recommendationUseCaseSchema = z.strictObject({
  kind: z.literal('recommendation'),
  ...shared,
  /** How many items an answer holds when the request does not say, and at most. */
  limit: z
    .strictObject({
      default: z.number().int().min(1).max(LIMIT_MAX).default(5),
      max: z.number().int().min(1).max(LIMIT_MAX).default(50),
    })
    .default({ default: 5, max: 50 })
    .refine((limit) => limit.default <= limit.max, { path: ['default'], message: 'must not exceed limit.max' }),
  /** The rungs tried, in order, when the version asked gives no answer. */
  fallback: ladder(recommendationRungs).default(['best-sellers']),
  /** Of the rung `precomputed`, and of GET /v1/customers/{id}/recommendations?useCase= this one. */
  precomputed: precomputed.optional(),
  rungBudgetsMs: rungBudgetsMs(recommendationRungs),
});

const input = z.strictObject({
  /** What is sent when neither the request nor `from` gives a value. */
  default: tensorValue.optional(),
  /** Where the value comes from when the request does not give it: CEL over inputs, customer, context and now. */
  from: expressionText.optional(),
});

export const predictionUseCaseSchema = z.strictObject({
  kind: z.literal('prediction'),
  ...shared,
  /** By tensor name: how the input is made when the request leaves it out. */
  inputs: z.record(tensorName, input).default({}),
  /** The types of what the request sends, for expressions that read `inputs.<name>`. */
  fields: fields.default({}),
  /** Whether a text that reads as a number is taken for one where the signature wants a number, as HTML forms send. */
  numbersFromText: z.boolean().default(false),
  /** An address of its own, besides /v1/predictions/{useCase}. */
  routes: z.array(route).max(8).default([]),
  fallback: z
    .strictObject({
      /** The rungs tried, in order, when the version asked gives no answer; the declared outputs come last. */
      rungs: ladder(predictionRungs).default(['declared-outputs']),
      /** What is answered, by output name, when nothing else is. */
      outputs: z.record(tensorName, tensorValue).optional(),
    })
    .optional(),
  rungBudgetsMs: rungBudgetsMs(predictionRungs),
});

/** What the expressions of a use case may read. */
export function useCaseVocabulary(document: UseCaseShape): Vocabulary {
  const { attributes, lookups } = document;
  return {
    customer: { ...attributes, ...lookups.customer?.columns },
    inputs: document.kind === 'prediction' ? document.fields : undefined,
  };
}

type UseCaseShape = z.infer<typeof recommendationUseCaseSchema> | z.infer<typeof predictionUseCaseSchema>;

export const useCaseSchema = z
  .discriminatedUnion('kind', [recommendationUseCaseSchema, predictionUseCaseSchema])
  .superRefine((document, context) => {
    const expressions = new Expressions(useCaseVocabulary(document));
    const check = (path: (string | number)[], text: string | undefined, types: readonly FieldType[]) => {
      try {
        if (text !== undefined) expressions.expression(text, types);
      } catch (error) {
        context.addIssue({ code: 'custom', path, message: (error as Error).message });
      }
    };
    document.segments.forEach(({ from }, index) => check(['segments', index, 'from'], from, segmentTypes));
    if (document.kind === 'recommendation') {
      if (!document.fallback.includes('precomputed') || document.precomputed) return;
      const message = 'names the rung precomputed, and `precomputed` does not say in which table it is';
      context.addIssue({ code: 'custom', path: ['fallback'], message });
      return;
    }
    for (const [name, { from }] of Object.entries(document.inputs)) check(['inputs', name, 'from'], from, fieldTypes);
  });

/** A segment is one value: there is none of a list. */
export const segmentTypes = ['text', 'number', 'flag'] as const satisfies readonly FieldType[];

export type RecommendationUseCase = z.infer<typeof recommendationUseCaseSchema>;
export type PredictionUseCase = z.infer<typeof predictionUseCaseSchema>;

/** Which model alias answers a need of the shop, under which rules, within which time, and what else if it does not. */
export type UseCase = z.infer<typeof useCaseSchema>;
