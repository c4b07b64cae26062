import type { Fields, FieldType } from './field-types.js';

/** Most values a list that comes with a request or a row can hold: a basket's limit. */
export const LIST_VALUES_MAX = 1_000;

/** A field's value as an expression reads it. */
export type FieldValue = number | string | boolean | readonly string[];

/** Rows by what they describe: each a class of its own, by which CEL knows the type of their fields. */
class Customer {
  readonly [field: string]: FieldValue;
}
class Item {
  readonly [field: string]: FieldValue;
}
class Inputs {
  readonly [field: string]: FieldValue;
}
class Context {
  readonly [field: string]: FieldValue;
}

export const rowClasses = { customer: Customer, item: Item, inputs: Inputs, context: Context };

export type Subject = keyof typeof rowClasses;

export type Row<S extends Subject> = InstanceType<(typeof rowClasses)[S]>;

/** What an expression may read besides `context`, `basket` and `now`. */
export interface Vocabulary {
  customer: Fields;
  /** Absent: it is not about an item, and reads neither `item` nor `score`. */
  item?: Fields | undefined;
  /** Absent: there are none, as in a recommendation. */
  inputs?: Fields | undefined;
}

/** What an expression reads in one evaluation. A field that a row does not own is unknown. */
export interface Scope {
  customer: Row<'customer'>;
  item?: Row<'item'> | undefined;
  inputs?: Row<'inputs'> | undefined;
  context: Row<'context'>;
  basket: ReadonlySet<string>;
  /** Of the item. */
  score?: number | undefined;
  now: Date;
}

/** The fields every row of its kind has, whatever a table brings. */
const given: Record<Subject, Fields> = {
  customer: { id: 'text' },
  item: { sku: 'text' },
  inputs: {},
  context: { moment: 'text', market: 'text', channel: 'text' },
};

/** The declared fields of a row with those it always has, which nobody can declare otherwise. */
export const fieldsOf = (subject: Subject, declared: Fields = {}): Fields => ({ ...declared, ...given[subject] });

/** A row of what is declared and of its declared type; anything else stays unknown. */
export function rowOf<S extends Subject>(
  subject: S,
  fields: Fields,
  values: Readonly<Record<string, unknown>>,
): Row<S> {
  const row = new rowClasses[subject]() as Record<string, FieldValue>;
  for (const field in fields) {
    const value = Object.hasOwn(values, field) ? values[field] : undefined;
    if (isOf(fields[field]!, value)) row[field] = value;
  }
  return row as Row<S>;
}

function isOf(type: FieldType, value: unknown): value is FieldValue {
  switch (type) {
    case 'number':
      return typeof value === 'number' && !Number.isNaN(value);
    case 'text':
      return typeof value === 'string';
    case 'flag':
      return typeof value === 'boolean';
    case 'texts':
      return Array.isArray(value) && value.length <= LIST_VALUES_MAX && value.every((text) => typeof text === 'string');
  }
}
