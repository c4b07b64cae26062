import type { Condition } from '../../../domain/mlflow/search-filter.js';
import type { Order } from '../../../domain/mlflow/search-order.js';

/** Values of a statement by their place: nothing a caller sends is ever part of the statement's text. */
export class Values {
  readonly list: unknown[] = [];

  add(value: unknown, type: 'text' | 'text[]' | 'double precision' | 'bigint' | 'bigint[]' | 'integer'): string {
    this.list.push(value);
    return `$${this.list.length}::${type}`;
  }
}

/** Where what can be searched is found: SQL expressions of our own, for keys that are values of the statement. */
export interface Columns {
  attributes: Readonly<Record<string, string>>;
  /** Attributes that a row may be without: only they need a place for NULL, which keeps an index from giving the order. */
  optional?: readonly string[];
  /** jsonb objects of texts. */
  tags?: string;
  params?: string;
  /** The value of the metric with that key. */
  metric?: (key: string) => string;
  /** The rows of data sets, with the columns name, digest and context. */
  datasets?: string;
}

/** Whether a registered model is a prompt: one without the tag is none, also where a filter asks for what is none. */
const PROMPT_TAG = 'mlflow.prompt.is_prompt';

/** The conditions as SQL, each after an AND. */
export function whereSql(conditions: readonly Condition[], columns: Columns, values: Values): string {
  return conditions.map((condition) => ` AND ${conditionSql(condition, columns, values)}`).join('');
}

/** `tieBreak`: an expression that is different for every row, so that pages never overlap. */
export function orderSql(order: readonly Order[], columns: Columns, values: Values, tieBreak: string): string {
  const keys = order.map(({ entity, key, ascending }) => {
    const expression = expressionOf(entity, key, columns, values);
    const sortable = entity === 'metric' ? `NULLIF(${expression}, 'NaN')` : expression;
    const always = entity === 'attribute' && !columns.optional?.includes(key);
    return `${sortable} ${ascending ? 'ASC' : 'DESC'}${always ? '' : ' NULLS LAST'}`;
  });
  return [...keys, tieBreak].join(', ');
}

function conditionSql(condition: Condition, columns: Columns, values: Values): string {
  const { entity, key } = condition;
  if (entity === 'dataset') {
    return `EXISTS (SELECT FROM ${columns.datasets} WHERE ${comparisonSql(`dataset.${key}`, condition, values)})`;
  }
  return comparisonSql(expressionOf(entity, key, columns, values), condition, values);
}

function expressionOf(entity: Condition['entity'], key: string, columns: Columns, values: Values): string {
  switch (entity) {
    case 'attribute':
      return columns.attributes[key] as string;
    case 'metric':
      return (columns.metric as (key: string) => string)(values.add(key, 'text'));
    case 'param':
      return `(${columns.params} ->> ${values.add(key, 'text')})`;
    case 'tag': {
      const tag = `(${columns.tags} ->> ${values.add(key, 'text')})`;
      return key === PROMPT_TAG ? `coalesce(${tag}, 'false')` : tag;
    }
    case 'dataset':
      return `dataset.${key}`;
  }
}

function comparisonSql(expression: string, { operator, value }: Condition, values: Values): string {
  switch (operator) {
    case 'NULL':
      return `${expression} IS NULL`;
    case 'NOT NULL':
      return `${expression} IS NOT NULL`;
    case 'IN':
      return `${expression} = ANY(${values.add(value, 'text[]')})`;
    case 'NOT IN':
      return `${expression} <> ALL(${values.add(value, 'text[]')})`;
    case 'LIKE':
    case 'ILIKE':
      return `${expression} ${operator} ${values.add(value, 'text')} ESCAPE ''`; // a backslash is a character like others
    default:
      return `${expression} ${operator} ${values.add(value, typeof value === 'number' ? 'double precision' : 'text')}`;
  }
}

/** jsonb of keys and values, and without them. */
export const jsonOf = (pairs: readonly { key: string; value: string }[]): string =>
  JSON.stringify(Object.fromEntries(pairs.map(({ key, value }) => [key, value])));

/** Sets or, when the value is undefined, takes away one key of the jsonb column `tags`. */
export function setTagSql(key: string, value: string | undefined, values: Values): string {
  const name = values.add(key, 'text');
  return value === undefined ? `tags - ${name}` : `tags || jsonb_build_object(${name}, ${values.add(value, 'text')})`;
}
