import type { TensorValue, UseCase } from '@vinaigrette/documents';
import type { Circumstances } from '@vinaigrette/serving';
import type { ShopRows, ShopTables } from './shop-tables.js';

/** A customer as a request names it. */
export interface NamedCustomer {
  id: string;
  attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** What a request says of itself. */
export interface Said {
  context?: Circumstances['context'];
  customer?: NamedCustomer | undefined;
  basket?: readonly string[] | undefined;
  inputs?: Readonly<Record<string, TensorValue>> | undefined;
  nowMs: number;
}

const nothing: ShopRows = new Map();

/** Puts what the shop knows beside what a request says. */
export class GatherCircumstances {
  constructor(private readonly tables: ShopTables) {}

  /** At once where nothing has to be looked up. A column of the customer's row is believed, an attribute only else. */
  of(document: UseCase, said: Said, budgetMs: number): Circumstances | Promise<Circumstances> {
    const { customer: lookup } = document.lookups;
    const { customer: named, ...others } = said;
    if (!named) return others;
    const { id, attributes } = named;
    const withRow = (rows: ShopRows): Circumstances => ({
      ...others,
      customer: { ...asked(document, attributes), ...rows.get(id), id },
    });
    if (!lookup) return withRow(nothing);
    const rows = this.tables.rows(lookup, [id], budgetMs);
    return rows instanceof Promise ? rows.then(withRow) : withRow(rows);
  }

  /** The catalogue's rows of these items, as far as the use case looks them up. */
  catalogue(document: UseCase, skus: readonly string[], budgetMs: number): ShopRows | Promise<ShopRows> {
    const { catalogue } = document.lookups;
    return catalogue ? this.tables.rows(catalogue, skus, budgetMs) : nothing;
  }
}

/**
 * A customer of whom the shop has a row is not taken at the request's word: an attribute that is also a column is left
 * out, even where the row has no value for it.
 */
function asked({ attributes: declared, lookups }: UseCase, attributes: NamedCustomer['attributes'] = {}) {
  const columns = lookups.customer?.columns ?? {};
  return Object.fromEntries(
    Object.entries(attributes).filter(([name]) => Object.hasOwn(declared, name) && !Object.hasOwn(columns, name)),
  );
}
