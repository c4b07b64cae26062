import type { FieldValue, Lookup } from '@vinaigrette/documents';

/** One row of a shop's table, by the columns that were asked for; the same object for as long as it is believed. */
export type ShopRow = Readonly<Record<string, FieldValue>>;

/** By key, the rows there are. */
export type ShopRows = ReadonlyMap<string, ShopRow>;

/** The shop's own customers and catalogue. */
export abstract class ShopTables {
  /**
   * The rows with these keys, within the lookup's time and the budget, in milliseconds. Never rejects: a row that is not
   * there, or does not come in time, is left out. Answers at once when every row is still believed.
   */
  abstract rows(lookup: Lookup, keys: readonly string[], budgetMs: number): ShopRows | Promise<ShopRows>;

  /** Nothing to let go of, unless an adapter says otherwise. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A gateway that was given no database of the shop: every row is missing. */
export class NoShopTables extends ShopTables {
  rows(): ShopRows {
    return new Map();
  }
}
