import {
  fieldsOf,
  noFields,
  readsItemOnly,
  ruleExpressions,
  type Condition,
  type Expression,
  type Expressions,
  type Fields,
  type Rule,
  type RuleSet,
  type Scope,
} from '@vinaigrette/documents';
import { itemFacts, type ItemFacts } from './item-facts.js';
import { isInScope, RulesInScope } from './rules-in-scope.js';
import type { ScopeFields, Situation } from './situation.js';

type Of<Action extends Rule['action']> = Extract<Rule, { action: Action }>;

export type RuleBefore = Of<'refuse' | 'default' | 'mask'>;
export type RuleOfOutputs = Of<'clamp' | 'override'>;
export type RuleOfItems = Exclude<Rule, RuleBefore | RuleOfOutputs>;

/** A rule made ready once, when its rule set comes into force. */
export interface CompiledRule<R extends Rule = Rule> {
  rule: R;
  /** Whether moment, market, channel and time let it act; its condition is another matter. */
  inScope(said: Situation['circumstances']): boolean;
  applies(situation: Situation): boolean;
}

export interface CompiledItemRule extends CompiledRule<RuleOfItems> {
  /** Bit of the item's facts that says whether the rule is about the item; -1: the rule is about no items of its own. */
  fact: number;
  /** Whether it is about this item, for a condition that reads more than the item; the facts then only know its SKUs. */
  where: Chooser | undefined;
  /** How much the rule multiplies a score by; 1 for rules that do not. */
  factor(scope: Scope): number;
}

/** Answers for the item in `scope`. */
export type Chooser = (scope: Scope) => boolean;

export interface CompiledRules {
  before: readonly CompiledRule<RuleBefore>[];
  items: RulesInScope;
  outputs: readonly CompiledOutputRule[];
  /** Distinct conditions about the request alone, by number. */
  conditions: readonly Condition[];
  /** SKUs that a rule may pin, whether the model names them or not. */
  pinned: readonly string[];
  /** What each kind of row has to bring. */
  fields: ScopeFields & { item: Fields };
  /** What the item rules say of an item whatever the request is. */
  facts: ItemFacts;
}

export interface CompiledOutputRule extends CompiledRule<RuleOfOutputs> {
  /** A bound that is not known is none. */
  min(scope: Scope): number;
  max(scope: Scope): number;
}

/** What takes away protects, and so applies when in doubt. */
const protective: ReadonlySet<Rule['action']> = new Set(['refuse', 'mask', 'hide', 'minimum-score', 'cap', 'clamp']);

/** Throws a RangeError for an expression that parseDocument would have refused. */
export function compileRules({ fields = noFields, rules }: RuleSet): CompiledRules {
  const expressions = ruleExpressions(fields);
  const conditions = new Conditions(expressions.request);
  const before: CompiledRule<RuleBefore>[] = [];
  const items: CompiledItemRule[] = [];
  const outputs: CompiledOutputRule[] = [];
  const choosers: Chooser[] = [];
  for (const rule of rules.toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0))) {
    const when = whenOf(rule, conditions);
    if (isBefore(rule)) before.push({ rule, ...when });
    else if (isOfOutputs(rule)) outputs.push({ rule, ...when, ...boundsOf(rule, expressions.request) });
    else
      items.push({
        rule,
        ...when,
        factor: factorOf(rule, expressions.item),
        ...chooserOf(rule, expressions, choosers),
      });
  }
  const itemRowFields = fieldsOf('item', fields.item);
  return {
    before,
    items: new RulesInScope(items),
    outputs,
    conditions: conditions.list,
    pinned: items.flatMap(({ rule }) => (rule.action === 'pin' ? [rule.sku] : [])),
    fields: {
      customer: fieldsOf('customer', fields.customer),
      item: itemRowFields,
      inputs: fieldsOf('inputs', fields.inputs),
      context: fieldsOf('context'),
    },
    facts: itemFacts(choosers, itemRowFields),
  };
}

/** Distinct conditions by their text. */
class Conditions {
  readonly list: Condition[] = [];
  private readonly numbers = new Map<string, number>();

  constructor(private readonly expressions: Expressions) {}

  number(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    this.numbers.set(text, this.list.length);
    return this.list.push(this.expressions.condition(text)) - 1;
  }
}

function whenOf(rule: Rule, conditions: Conditions): Pick<CompiledRule, 'inScope' | 'applies'> {
  const { when } = rule;
  const inScope = isInScope(when);
  if (when?.if === undefined) return { inScope, applies: ({ circumstances }) => inScope(circumstances) };
  const condition = conditions.number(when.if);
  const inDoubt = doubtOf(rule);
  const applies = (situation: Situation) => inScope(situation.circumstances) && (situation.holds(condition) ?? inDoubt);
  return { inScope, applies };
}

const doubtOf = ({ action, whenUnknown }: Rule): boolean =>
  whenUnknown === undefined ? protective.has(action) : whenUnknown === 'apply';

function chooserOf(
  rule: RuleOfItems,
  { item }: { item: Expressions },
  choosers: Chooser[],
): Pick<CompiledItemRule, 'fact' | 'where'> {
  if (!('where' in rule || 'skus' in rule)) return { fact: -1, where: undefined };
  const skus = new Set(rule.skus);
  const named: Chooser = (scope) => skus.has(scope.item!['sku'] as string);
  if (rule.where === undefined) return { fact: choosers.push(named) - 1, where: undefined };
  const condition = item.condition(rule.where);
  const inDoubt = doubtOf(rule);
  const chosen: Chooser = (scope) => named(scope) || (condition.holds(scope) ?? inDoubt);
  return readsItemOnly(condition.reads)
    ? { fact: choosers.push(chosen) - 1, where: undefined }
    : { fact: -1, where: chosen };
}

function factorOf(rule: RuleOfItems, expressions: Expressions): (scope: Scope) => number {
  if (rule.action !== 'boost') return () => 1;
  return amountOf(rule.factor, 1, expressions);
}

function boundsOf(rule: RuleOfOutputs, expressions: Expressions): Pick<CompiledOutputRule, 'min' | 'max'> {
  const { min, max } = rule.action === 'clamp' ? rule : {};
  return { min: amountOf(min, -Infinity, expressions), max: amountOf(max, Infinity, expressions) };
}

/** `otherwise` where nothing is said, or what is said cannot be computed. */
function amountOf(amount: number | string | undefined, otherwise: number, expressions: Expressions) {
  if (typeof amount !== 'string') return () => amount ?? otherwise;
  const expression: Expression = expressions.expression(amount, ['number']);
  return (scope: Scope): number => {
    const value = expression.valueIn(scope);
    return typeof value === 'number' && !Number.isNaN(value) ? value : otherwise;
  };
}

const isBefore = (rule: Rule): rule is RuleBefore => ['refuse', 'default', 'mask'].includes(rule.action);
const isOfOutputs = (rule: Rule): rule is RuleOfOutputs => ['clamp', 'override'].includes(rule.action);

/** Of a use case without a rule set. */
export const noRules: CompiledRules = compileRules({ rules: [] });
