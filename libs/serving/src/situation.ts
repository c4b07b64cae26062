import { rowOf, type Condition, type Fields, type FieldValue, type Moment, type Scope } from '@vinaigrette/documents';
import type { CompiledRules } from './compile-rules.js';

/** A row of the shop's catalogue, by its columns; the same object for as long as the row is believed. */
export type CatalogueRow = Readonly<Record<string, FieldValue>>;

/** Who asks, where and when, as far as it is known; what the conditions of rules are held against. */
export interface Circumstances {
  context?: { moment?: Moment | undefined; market?: string | undefined; channel?: string | undefined } | undefined;
  /** The customer's id, declared attributes and looked-up columns. */
  customer?: Readonly<Record<string, unknown>> | undefined;
  basket?: readonly string[] | undefined;
  /** What a prediction is asked of, by input. */
  inputs?: Readonly<Record<string, unknown>> | undefined;
  /** Rows of the catalogue by SKU, of those items that have one. */
  catalogue?: ReadonlyMap<string, CatalogueRow> | undefined;
  /** Event time, milliseconds since the epoch. */
  nowMs: number;
}

/** The fields that expressions may read, by what they describe. */
export interface ScopeFields {
  customer: Fields;
  inputs: Fields;
  context: Fields;
}

/** The circumstances as expressions read them: what was declared, of its declared type. */
export function scopeOf(fields: ScopeFields, circumstances: Circumstances): Scope {
  const { context = {}, customer = {}, basket, inputs = {}, nowMs } = circumstances;
  return {
    customer: rowOf('customer', fields.customer, customer),
    inputs: rowOf('inputs', fields.inputs, inputs),
    context: rowOf('context', fields.context, context),
    basket: new Set(basket),
    now: new Date(nowMs),
  };
}

/** The circumstances of one request, read by the conditions of one rule set: each distinct condition once. */
export class Situation {
  readonly basket: ReadonlySet<string>;
  /** May come later than the rest: which items are in question is known once the model has answered. */
  catalogue: Circumstances['catalogue'];
  private made: Scope | undefined;
  private readonly answers: (boolean | undefined)[];
  private readonly answered: Uint8Array;

  constructor(
    private readonly rules: CompiledRules,
    readonly circumstances: Circumstances,
  ) {
    this.basket = new Set(circumstances.basket);
    this.catalogue = circumstances.catalogue;
    this.answers = new Array<boolean | undefined>(rules.conditions.length);
    this.answered = new Uint8Array(rules.conditions.length);
  }

  /** Made once something reads it: most requests meet no expression. */
  get scope(): Scope {
    this.made ??= scopeOf(this.rules.fields, this.circumstances);
    return this.made;
  }

  /** The condition of the rule set with this number; undefined: something it needs is unknown. */
  holds(index: number): boolean | undefined {
    if (!this.answered[index]) {
      this.answers[index] = (this.rules.conditions[index] as Condition).holds(this.scope);
      this.answered[index] = 1;
    }
    return this.answers[index];
  }
}
