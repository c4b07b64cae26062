import { rowOf, type Fields, type Row, type Scope } from '@vinaigrette/documents';
import type { Chooser } from './compile-rules.js';
import type { CatalogueRow } from './situation.js';

/** Items without a row whose facts are kept; then they are forgotten, and found again as they come. */
const ROWLESS_MAX = 10_000;

const BITS = 32;

/** What the rules of one set say of one item, whatever the request is. */
export interface ItemFact {
  row: Row<'item'>;
  /** Bit n: rule n of those that look at the item alone is about it. */
  words: Uint32Array;
}

/**
 * Keeps, for as long as a row of the catalogue is kept, which rules are about its item. So the price of a rule that
 * only looks at the item is one bit a request, however dear its condition.
 */
export interface ItemFacts {
  /** How many words an item's facts have. */
  words: number;
  of(sku: string, row: CatalogueRow | undefined): ItemFact;
}

export function itemFacts(choosers: readonly Chooser[], fields: Fields): ItemFacts {
  const words = Math.ceil(choosers.length / BITS);
  const byRow = new WeakMap<CatalogueRow, ItemFact>();
  const bySku = new Map<string, ItemFact>();
  const find = (sku: string, values: CatalogueRow | undefined): ItemFact => {
    const row = rowOf('item', fields, { ...values, sku });
    const fact = { row, words: new Uint32Array(words) };
    const scope = { item: row } as Scope; // whoever reads more is no fact
    choosers.forEach((isAbout, index) => {
      if (isAbout(scope)) fact.words[index >>> 5]! |= 1 << (index & 31);
    });
    return fact;
  };
  return {
    words,
    of: (sku, row) => {
      const known = row ? byRow.get(row) : bySku.get(sku);
      if (known) return known;
      const found = find(sku, row);
      if (row) byRow.set(row, found);
      else {
        if (bySku.size >= ROWLESS_MAX) bySku.clear();
        bySku.set(sku, found);
      }
      return found;
    },
  };
}

export const isAbout = (words: Uint32Array, fact: number): boolean =>
  fact >= 0 && ((words[fact >>> 5]! >>> (fact & 31)) & 1) === 1;
