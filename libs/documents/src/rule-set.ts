import { z } from 'zod';
import { Expressions } from './expression.js';
import { fields } from './field-types.js';
import { rule, type Rule } from './rule.js';
import { fieldsOf, type Vocabulary } from './scope.js';

/** Items that a rule may have to look at in one answer, for the estimate of what a rule set costs. */
const ITEMS_LOOKED_AT = 50;

/** Dearest rule set, in steps for one request; one step takes about 0.1 us. */
const COST_MAX = 500_000;

/** Most expressions of a rule set: compiling one takes about 0.2 ms, and nobody may be kept waiting for all of them. */
const EXPRESSIONS_MAX = 500;

/** What compiles the expressions about the request alone, and those about one of its items. */
export interface RuleExpressions {
  request: Expressions;
  item: Expressions;
}

export type RuleFields = z.infer<typeof ruleFields>;

/** What conditions read, and of which type; a use case must bring it, by a lookup, its attributes or its inputs. */
const ruleFields = z.strictObject({
  customer: fields.default({}),
  item: fields.default({}),
  inputs: fields.default({}),
});

export function ruleExpressions({ customer, item, inputs }: RuleFields): RuleExpressions {
  const request: Vocabulary = { customer, inputs };
  return { request: new Expressions(request), item: new Expressions({ ...request, item }) };
}

/** Where in a rule an expression stands, what it must answer, and how it is compiled. */
interface Written {
  path: string[];
  text: string;
  isCondition: boolean;
  /** Whether it may read `item` and `score`. */
  ofItem: boolean;
}

function* expressionsOf(it: Rule): Iterable<Written> {
  if (it.when?.if) yield { path: ['when', 'if'], text: it.when.if, isCondition: true, ofItem: false };
  if ('where' in it && it.where) yield { path: ['where'], text: it.where, isCondition: true, ofItem: true };
  if (it.action === 'boost' && typeof it.factor === 'string') {
    yield { path: ['factor'], text: it.factor, isCondition: false, ofItem: true };
  }
  for (const bound of ['min', 'max'] as const) {
    const text = it.action === 'clamp' ? it[bound] : undefined;
    if (typeof text === 'string') yield { path: [bound], text, isCondition: false, ofItem: false };
  }
}

/** Steps one expression may take in one request. One about the item alone is kept with the item and costs once. */
function costOf({ text, isCondition, ofItem }: Written, { request, item }: RuleExpressions): number {
  const expressions = ofItem ? item : request;
  const { cost, reads } = isCondition ? expressions.condition(text) : expressions.expression(text, ['number']);
  return ofItem && !readsItemOnly(reads) ? cost * ITEMS_LOOKED_AT : cost;
}

/** Whether the same item always gets the same answer. */
export const readsItemOnly = (reads: ReadonlySet<string>): boolean =>
  [...reads].every((what) => what.startsWith('item.'));

export const ruleSetSchema = z
  .strictObject({ fields: ruleFields.optional(), rules: z.array(rule).max(10_000) })
  .superRefine(({ fields: declared, rules }, context) => {
    if (rules.length === 0) return;
    const expressions = ruleExpressions(declared ?? noFields);
    const itemFields = fieldsOf('item', declared?.item);
    const seen = new Set<string>();
    let [cost, count] = [0, 0];
    const fault = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path: ['rules', ...path], message });
    rules.forEach((it, index) => {
      if (seen.has(it.id)) fault([index, 'id'], `${it.id} names two rules`);
      seen.add(it.id);
      for (const written of expressionsOf(it)) {
        count += 1;
        if (count > EXPRESSIONS_MAX) continue;
        try {
          cost += costOf(written, expressions);
        } catch (error) {
          fault([index, ...written.path], (error as Error).message);
        }
      }
      const [key, field] = it.action === 'cap' ? ['per', it.per] : it.action === 'diversify' ? ['by', it.by] : [];
      if (key && field !== undefined && !['text', 'number', 'flag'].includes(itemFields[field] ?? '')) {
        fault([index, key], `fields.item declares no text, number or flag ${field}`);
      }
    });
    if (count > EXPRESSIONS_MAX) fault([], `hold ${count} expressions, and ${EXPRESSIONS_MAX} are allowed`);
    if (cost > COST_MAX) fault([], `may cost ${cost} steps a request, and ${COST_MAX} are allowed`);
  });

export const noFields: RuleFields = { customer: {}, item: {}, inputs: {} };

/** What a shop does around a model: by priority, then in the order written. */
export type RuleSet = z.infer<typeof ruleSetSchema>;
