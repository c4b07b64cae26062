import type { z } from 'zod';
import { jsonPath, Problem } from '@vinaigrette/problems';
import { driftPolicySchema, type DriftPolicy } from './drift-policy.js';
import { kpiSchema, type Kpi } from './kpi.js';
import { performanceSchema, type PerformancePolicy } from './performance.js';
import { promotionPolicySchema, type PromotionPolicy } from './promotion-policy.js';
import { retrainingSchema, type RetrainingPolicy } from './retraining.js';
import { ruleSetSchema, type RuleSet } from './rule-set.js';
import { shopKeysSchema, type ShopKeys } from './shop-keys.js';
import { useCaseSchema, type UseCase } from './use-case.js';
import { validationSetSchema, type ValidationSet } from './validation-set.js';

/** Every kind of document and what it holds. */
export interface Documents {
  'use-case': UseCase;
  'rule-set': RuleSet;
  'drift-policy': DriftPolicy;
  'promotion-policy': PromotionPolicy;
  'shop-keys': ShopKeys;
  kpi: Kpi;
  performance: PerformancePolicy;
  retraining: RetrainingPolicy;
  'validation-set': ValidationSet;
}

export type DocumentKind = keyof Documents;

const schemas: { [K in DocumentKind]: z.ZodType<Documents[K]> } = {
  'use-case': useCaseSchema,
  'rule-set': ruleSetSchema,
  'drift-policy': driftPolicySchema,
  'promotion-policy': promotionPolicySchema,
  'shop-keys': shopKeysSchema,
  kpi: kpiSchema,
  performance: performanceSchema,
  retraining: retrainingSchema,
  'validation-set': validationSetSchema,
};

export const documentKinds = Object.keys(schemas) as DocumentKind[];

/**
 * A document's body, checked, with its defaults filled in. Throws DOCUMENT_INVALID naming the field (`rules[2].score`),
 * or `kind` when there are no documents of that kind.
 */
export function parseDocument<K extends DocumentKind>(kind: K, json: unknown): Documents[K];
export function parseDocument(kind: string, json: unknown): Documents[DocumentKind];
export function parseDocument(kind: string, json: unknown): Documents[DocumentKind] {
  if (!Object.hasOwn(schemas, kind)) {
    throw new Problem(
      'DOCUMENT_INVALID',
      `There are no documents of kind "${kind}", only ${documentKinds.join(', ')}`,
      {
        field: 'kind',
      },
    );
  }
  const { data, error } = schemas[kind as DocumentKind].safeParse(json);
  if (!error) return data;
  const { field, message } = firstFault(error.issues);
  throw new Problem('DOCUMENT_INVALID', `The ${kind} is not valid at ${field || 'its root'}: ${message}`, { field });
}

/** What zod and every Standard Schema say of a fault; `keys` names fields nobody knows. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  readonly keys?: readonly string[];
}

/** The first thing wrong, and where: an unknown field is named itself, not the object it stands in. */
export function firstFault(issues: readonly Issue[]): { field: string; message: string } {
  const [issue] = issues;
  if (!issue) return { field: '', message: 'is not valid' };
  const path = (issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step));
  return { field: jsonPath([...path, ...(issue.keys ?? []).slice(0, 1)]), message: issue.message };
}
